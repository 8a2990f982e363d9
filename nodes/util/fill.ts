// Puts parameters into a text of the locales.

/**
 * Puts parameters where a text has `__name__`, in one pass. Node-RED's own translation goes over the text once for each parameter: a value
 * from outside that reads `__other__` would be replaced in its turn.
 * @returns the text; a name without a parameter stays as it is
 */
export const fill = (text: string, params: Readonly<Record<string, unknown>>): string =>
  text.replace(/__(\w+?)__/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name] ?? "") : whole,
  );
