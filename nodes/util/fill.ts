// Inserts parameters into a text of the locales.

/**
 * Replaces each `__name__` in a text by a parameter, in one pass. Node-RED's own function makes one pass for each parameter, so that a
 * value from outside that contains `__other__` would be replaced, too.
 * @returns the text; a name without a parameter stays unchanged
 */
export const fill = (text: string, params: Readonly<Record<string, unknown>>): string =>
  text.replace(/__(\w+?)__/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name] ?? "") : whole,
  );
