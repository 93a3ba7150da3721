// The options that say how many digits a number is shown with.
(_host, { part }) => {
  const { numberOption } = part("intl/common");
  const INCREMENTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];
  const MODES = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
  const FRACTION_MAX = 100;
  const SIGNIFICANT_MAX = 21;

  const significant = (asked) => {
    const minimum = numberOption(asked.minimum, 1, SIGNIFICANT_MAX, 1, "minimumSignificantDigits");
    const maximum = numberOption(asked.maximum, minimum, SIGNIFICANT_MAX, SIGNIFICANT_MAX, "maximumSignificantDigits");
    return { minimumSignificantDigits: minimum, maximumSignificantDigits: maximum };
  };
  const fraction = (asked, least, most) => {
    let minimum = numberOption(asked.minimum, 0, FRACTION_MAX, undefined, "minimumFractionDigits");
    let maximum = numberOption(asked.maximum, 0, FRACTION_MAX, undefined, "maximumFractionDigits");
    if (minimum === undefined && maximum === undefined) return { minimumFractionDigits: least, maximumFractionDigits: most };
    minimum ??= Math.min(least, maximum);
    maximum ??= Math.max(most, minimum);
    if (minimum > maximum) throw new RangeError("maximumFractionDigits value is out of range.");
    return { minimumFractionDigits: minimum, maximumFractionDigits: maximum };
  };

  // `least` and `most` are the fraction digits of the style.
  return (options, read, least, most, compact) => {
    const minimumIntegerDigits = numberOption(options.minimumIntegerDigits, 1, SIGNIFICANT_MAX, 1, "minimumIntegerDigits");
    const fractions = { minimum: options.minimumFractionDigits, maximum: options.maximumFractionDigits };
    const significants = { minimum: options.minimumSignificantDigits, maximum: options.maximumSignificantDigits };
    const roundingIncrement = numberOption(options.roundingIncrement, 1, 5000, 1, "roundingIncrement");
    if (!INCREMENTS.includes(roundingIncrement)) throw new RangeError("roundingIncrement value is out of range.");
    const roundingMode = read.text("roundingMode", MODES, "halfExpand");
    const priority = read.text("roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto");
    const trailingZeroDisplay = read.text("trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
    const hasSignificant = significants.minimum !== undefined || significants.maximum !== undefined;
    const hasFraction = fractions.minimum !== undefined || fractions.maximum !== undefined;
    const needsSignificant = priority !== "auto" || hasSignificant;
    const needsFraction = priority !== "auto" || (!hasSignificant && (hasFraction || !compact));
    const limit = roundingIncrement === 1 ? most : least;

    const digits = { minimumIntegerDigits };
    if (needsSignificant) Object.assign(digits, significant(significants));
    if (needsFraction) Object.assign(digits, fraction(fractions, least, limit));
    let roundingPriority = priority;
    if (!needsSignificant && !needsFraction) {
      Object.assign(digits, { minimumSignificantDigits: 1, maximumSignificantDigits: 2 });
      Object.assign(digits, { minimumFractionDigits: 0, maximumFractionDigits: 0 });
      roundingPriority = "morePrecision";
    }
    if (roundingIncrement !== 1) {
      if (roundingPriority !== "auto" || hasSignificant) throw new TypeError("roundingIncrement cannot be used with significant digits");
      if (digits.minimumFractionDigits !== digits.maximumFractionDigits) {
        throw new RangeError("maximumFractionDigits not equal to minimumFractionDigits");
      }
    }
    return { ...digits, roundingMode, roundingIncrement, trailingZeroDisplay, roundingPriority };
  };
};
