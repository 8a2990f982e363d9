// The texts of a language as the runtime gets them, for tests: the test helper's Node-RED has no texts.
import { generated, languages, type Texts, written } from "../build/locales";
import type { Translate } from "../nodes/runtime/shared/texts";

/** Translates as RED._ does; throws for a key without a text. */
export function translatorOf(text: "en" | "zh"): Translate {
  const language = languages.find((one) => one.text === text) ?? languages[0];
  const trees: readonly Texts[] = [written(language), generated(language)];
  return (key, params = {}) => {
    const found = trees.map((tree) =>
      key.split(".").reduce<unknown>((at, part) => (at as Texts | undefined)?.[part], tree),
    );
    const text = found.find((one) => typeof one === "string");
    if (typeof text !== "string") throw new Error(`no text for ${key}`);
    return text.replace(/__(\w+?)__/g, (whole, name: string) => params[name] ?? whole);
  };
}
