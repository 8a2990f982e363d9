// The reasons for refused pushes as text.
import { fill } from "../../util/fill";
import type { Translate } from "../shared/texts";

/** The reasons as a text, each with its number if there are several: "wrong password (3), clocks differ (1)". */
export function refusalWords(translate: Translate, refused: ReadonlyMap<string, number>): string {
  const all = [...refused].map(([why, count]) => ({ reason: translate(`refusal.${why}`), count }));
  return all.length === 1
    ? all.map(({ reason }) => reason).join("")
    : all.map((one) => fill(translate("refusal.counted"), one)).join(translate("form.events.separator"));
}
