// Sends a signed push of an event to the address of a deployed account, so that a flow can be tried.
import type { NodeAPI } from "node-red";
import { postPush } from "../../protocol/post-push";
import type { Endpoint } from "../../receive/messages";
import { isObject } from "../../util/json";
import { receiverOf } from "../account/account";
import { ownAddress, reachable } from "../shared/own-address";
import type { Runtime } from "../state";
import type { AdminAnswer } from "./connection";

/** Loaded on first use, because running flows do not need samples. */
const simulator = (): typeof import("../../../simulator") => require("../../../simulator");

/** The URL of an endpoint for a program on this machine; undefined while Node-RED's own server does not listen. */
function addressOf(RED: NodeAPI, { path, own }: Endpoint): string | undefined {
  if (own !== undefined) return `http${own.tls === undefined ? "" : "s"}://${reachable(own.host)}:${own.port}${path}`;
  return ownAddress(RED, path);
}

/** Sends the sample that the editor requested. */
export async function sendSample(runtime: Runtime, body: unknown): Promise<AdminAnswer> {
  const { account, event } = isObject(body) ? body : {};
  const receiving = receiverOf(runtime, account);
  if (!receiving.ok || !receiving.receiver.listening) return { outcome: "notListening" };
  const { customer, signer, endpoint } = receiving.receiver.config;
  const password = signer.passwords[0] ?? "";
  const sample = sampleOf(event, { customer, signer: { customer: signer.customer, password } });
  if (sample === undefined) return { outcome: "noEvent" };
  const url = addressOf(runtime.RED, endpoint);
  if (url === undefined) return { outcome: "notListening" };
  const answer = await postPush(url, sample);
  if (!answer.ok) return { outcome: "failed", params: { url, systemCode: answer.systemCode } };
  const { status, msg } = answer;
  return status === 200
    ? { outcome: "taken", params: { event: String(event) } }
    : { outcome: "refused", params: { status, detail: msg } };
}

const sampleOf = (
  event: unknown,
  options: Parameters<ReturnType<typeof simulator>["sampleOf"]>[1],
): ReturnType<ReturnType<typeof simulator>["sampleOf"]> =>
  typeof event === "string" ? simulator().sampleOf(event, options) : undefined;
