// The example message of each node type. The file is written by its test, which takes the messages from the nodes themselves.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The file with the examples. */
export const examplesFile = join(__dirname, "examples.json");

/** The example messages by node type. */
export const exampleMessages = (): Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
  JSON.parse(readFileSync(examplesFile, "utf8"));
