// What the profiles say about the figures: where a target is missed, whose code it is that takes the time.
import type { Text } from "./contest";

export const remarks: readonly Text[] = [];
