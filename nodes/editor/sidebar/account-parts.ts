// Parts that the card of an account and the hints share: the address, the tests, and the problem with receiving.
import type { AccountHealth } from "../../catalogue/sidebar";
import { text } from "../page";
import { inWords, tryAccount } from "../requests";
import type { App, Said } from "./app";
import { sendSample } from "./ask";
import { h, type VNode } from "./dom";
import { nodeOf } from "./nodes";
import { button, copyButton, field, orderButton } from "./parts";
import { clock, known, t } from "./words";

/** A complete address. If an account has only a path, it is on this Node-RED. */
const addressOf = (address: string): string =>
  address.startsWith("/") ? `${window.location.origin}${address}` : address;

/** Tests the connection of an account, as its dialog does. */
async function testConnection(id: string): Promise<Said> {
  const node = nodeOf(id);
  if (!node) return { good: false, text: t("nodeGone") };
  const answer = await tryAccount(node);
  const good = answer.outcome === "connected" && answer.params?.seconds === undefined;
  return { good, text: inWords("connection", answer) };
}

/** Sends a signed sample through the account's own address. */
async function selfTest(id: string): Promise<Said> {
  const answer = await sendSample(id, "callin");
  return { good: answer.outcome === "taken", text: inWords("sample", answer) };
}

/** The button that tests the connection. */
export const testButton = (app: App, id: string, place: string): VNode =>
  button({
    key: place,
    text: text("connection.test"),
    icon: "plug",
    disabled: app.state.busy.has(place),
    act: () => void app.doing(place, () => testConnection(id)),
  });

/** The button that sends a sample. */
export const selfTestButton = (app: App, id: string, place: string): VNode =>
  orderButton({
    app,
    place,
    text: t("account.selfTest"),
    icon: "paper-plane-o",
    title: text("sample.hint"),
    act: () => void app.doing(place, () => selfTest(id)),
  });

/** The push address, with a button that copies it. */
export function addressRow(address: string): VNode {
  const whole = addressOf(address);
  return h(
    "span",
    { class: "sccc-side-copy" },
    field({ key: "address", value: whole, readOnly: true, label: text("address.label") }),
    copyButton(whole),
  );
}

/** The problem with receiving, in words. */
export function problemOf({ receiving }: AccountHealth, now: number): string {
  const { problem } = receiving ?? {};
  if (problem === undefined) return "";
  const { setting, reason, detail, retryAt } = problem;
  const label = text(`setting.account.${setting}.label`);
  const why = known(`sidebar.problem.${reason}`, { label, detail }) ?? `${label}: ${reason} ${detail}`;
  return retryAt === undefined ? why : `${why} ${t("account.retry", { time: clock(retryAt, now) })}`;
}
