// A round initial whose colour follows from the name.
export function Avatar({ name }: { name: string }) {
  const hash = [...name].reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 997, 7);
  const hue = (hash * 137) % 360;
  return (
    <span className="avatar" aria-hidden="true" style={{ background: `hsl(${hue} 55% 48%)` }}>
      {(name.trim()[0] ?? "?").toUpperCase()}
    </span>
  );
}
