use super::*;

/// The share of transfers that touch the first account, as the targets state it.
#[test]
fn zipf_of_one_and_a_half_touches_one_account_in_63_percent_of_transfers() {
    let (choice, mut random) = (Choice::zipf(100_000, 1.5), Random::new(7));
    let draws = 100_000;
    let touched = (0..draws).filter(|_| {
        let (from, to) = choice.pair(&mut random);
        from == 0 || to == 0
    });
    let share = touched.count() as f64 / draws as f64;
    // Pairs are of different accounts, so the share is a little above 1 - (1 - p)^2.
    assert!((0.60..0.70).contains(&share), "{share}");
}

#[test]
fn uniform_choice_covers_every_rank() {
    let (choice, mut random) = (Choice::uniform(16), Random::new(1));
    let mut seen = [false; 16];
    (0..1_000).for_each(|_| seen[choice.rank(&mut random)] = true);
    assert!(seen.iter().all(|seen| *seen));
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let (mut one, mut other) = (Random::new(42), Random::new(42));
    assert!((0..100).all(|_| one.next() == other.next()));
}
