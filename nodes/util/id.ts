// Identifiers that are kept by the hundred thousand.
import { randomUUID } from "node:crypto";

/** A new UUID as one piece: Node's own comes as a tree of some twenty strings, which a map keeps as it is, at ten times the memory. */
export const newId = (): string => Buffer.from(randomUUID(), "latin1").toString("latin1");
