// The versions of the open API that the vendor's document names.
import type { Version } from "./types";

/** Every x of V2.0.x that the vendor lists; the last is the newest. */
export const versions: readonly Version[] = [1, 2, 3, 4, 6];

/** The default version of an account. */
export const defaultApiVersion = "2.0.6";
