// The example message of each node type. The file is written by its test, which takes the messages from the nodes themselves.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the examples are. */
export const examplesFile = join(__dirname, "examples.json");

/** The example messages by node type: of what comes out. */
export const exampleMessages = (): Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
  JSON.parse(readFileSync(examplesFile, "utf8"));
