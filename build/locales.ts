// Merges the hand-written texts (locales/) with those of the catalogue into dist/locales/<language>/sccc.json.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  accountSettings,
  type Choice,
  callEvents,
  callsSettings,
  commands,
  errorCodes,
  extra,
  type Field,
  feedSettings,
  groups,
  propertyOf,
  pushes,
  receivingSettings,
  recording,
  recordingSettings,
  type Setting,
  seenCommands,
  seqOf,
  simulatorSettings,
  type Text,
  trackerSettings,
} from "../nodes/catalogue";

/** A tree of texts, as in the locale files. */
export interface Texts {
  readonly [key: string]: string | readonly string[] | Texts;
}

/** The package's languages: the folder in locales/, the key of the text in the catalogue, and the folders in dist/locales/. */
export const languages = [
  { folder: "en-US", text: "en", folders: ["en-US"] },
  // Languages such as zh-TW fall back to zh, not to zh-CN.
  { folder: "zh-CN", text: "zh", folders: ["zh-CN", "zh"] },
] as const satisfies readonly { folder: string; text: keyof Text; folders: readonly string[] }[];

export type Language = (typeof languages)[number];

/** The hand-written texts. */
export const written = ({ folder }: Language): Texts =>
  JSON.parse(readFileSync(join(__dirname, "../locales", folder, "sccc.json"), "utf8"));

/** The catalogue's texts under the keys that forms and the runtime use. */
export function generated({ text }: Language): Texts {
  const by = <T>(all: readonly T[], key: (one: T) => string, value: (one: T) => string | Texts): Texts =>
    Object.fromEntries(all.map((one) => [key(one), value(one)]));
  const choicesOf = (choices: readonly Choice[]): Texts => ({
    choices: by(
      choices,
      ({ value }) => value,
      (choice) => choice.text[text],
    ),
  });
  const fieldTexts = ({ label, hint, rule }: Field): Texts => ({
    label: label[text],
    hint: hint[text],
    ...(rule.kind === "choice" ? choicesOf(rule.choices) : {}),
  });
  const settingTexts = (setting: Setting): Texts => ({
    label: setting.label[text],
    hint: setting.hint[text],
    ...(setting.kind === "number" && setting.unit !== undefined ? { unit: setting.unit[text] } : {}),
    ...(setting.kind === "choice" ? choicesOf(setting.choices) : {}),
    ...(setting.kind === "text" && setting.suggestions !== undefined
      ? {
          suggestions: by(
            setting.suggestions,
            ({ key }) => key,
            (suggestion) => suggestion.text[text],
          ),
        }
      : {}),
  });
  const nameOf = (setting: Setting) => setting.name;
  return {
    error: by(
      errorCodes,
      ({ name }) => name,
      (code) => code.text[text],
    ),
    group: by(
      Object.entries(groups),
      ([name]) => name,
      ([, group]) => group.text[text],
    ),
    command: by(
      commands,
      ({ node }) => node.replace(/^sccc-/, ""),
      ({ label, does, summary, fields, settings }) => ({
        label: label[text],
        ...(does === undefined ? {} : { does: does[text] }),
        summary: summary[text],
        fields: by(fields, propertyOf, fieldTexts),
        ...(settings === undefined ? {} : { settings: by(settings, nameOf, settingTexts) }),
      }),
    ),
    download: by(
      [recording],
      ({ node }) => node.replace(/^sccc-/, ""),
      ({ label, summary, fields }) => ({
        label: label[text],
        summary: summary[text],
        fields: by(fields, propertyOf, fieldTexts),
      }),
    ),
    event: by(
      [...pushes, ...callEvents],
      ({ event }) => event,
      ({ label, summary }) => ({ label: label[text], summary: summary[text] }),
    ),
    form: { seq: fieldTexts(seqOf("number")), extra: fieldTexts(extra) },
    node: {
      command: {
        fields: {
          api: {
            suggestions: by(
              seenCommands,
              ({ api }) => api,
              (command) => command.text[text],
            ),
          },
        },
      },
    },
    setting: {
      account: by([...accountSettings, ...receivingSettings], nameOf, settingTexts),
      simulator: by(simulatorSettings, nameOf, settingTexts),
      "call-tracker": by(trackerSettings, nameOf, settingTexts),
      calls: by(callsSettings, nameOf, settingTexts),
      feed: by(feedSettings, nameOf, settingTexts),
      "get-recording": by(recordingSettings, nameOf, settingTexts),
    },
  };
}

const isTree = (value: Texts[string] | undefined): value is Texts => typeof value === "object" && !Array.isArray(value);

/** Merges both trees. No text may be in both. */
export function merge(one: Texts, other: Texts, path = ""): Texts {
  const merged: Record<string, Texts[string]> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const there = merged[key];
    if (there === undefined) merged[key] = value;
    else if (isTree(there) && isTree(value)) merged[key] = merge(there, value, `${path}${key}.`);
    else throw new Error(`locales: ${path}${key} is written by hand and comes from the catalogue too`);
  }
  return merged;
}

/** The texts that Node-RED serves. The help's own texts are not among them. */
export function served(language: Language): Texts {
  const { help: _, ...byHand } = written(language);
  return merge(byHand, generated(language));
}

/** All texts of a tree with their keys; items of lists have a number at the end. */
export function flat(texts: Texts, path = ""): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] => {
    if (typeof value === "string") return [[path + key, value]];
    return flat(isTree(value) ? value : Object.fromEntries(value.entries()), `${path}${key}.`);
  });
}
