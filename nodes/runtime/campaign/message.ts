// Reads a message to sccc-campaign: a new campaign or a control.
import type { NodeMessage } from "node-red";
import { barredBy, barringRows } from "../../campaign/do-not-call";
import { type CampaignEntry, EntryReader, rowsOf } from "../../campaign/entries";
import type { ControlAction } from "../../campaign/types";
import { campaignFields, type Field } from "../../catalogue/index";
import { checkFields, render } from "../../protocol/check";
import type { FieldFailure } from "../../protocol/failure";
import { planOf } from "../../protocol/numbering";
import { isObject } from "../../util/json";
import { forEachInSlices } from "../../util/slices";
import type { Sender } from "../account/running";
import type { TypedInput } from "../shared/config";
import type { Failure } from "../shared/failure";
import { withOrigin } from "../shared/origin";
import type { ReadValue } from "../shared/values";

/** A control of one campaign, or of all campaigns of the node. */
export interface Control {
  readonly action: ControlAction;
  readonly campaign?: string;
}

const actions: readonly ControlAction[] = ["pause", "resume", "cancel", "progress"];
const longestId = 100;

/** The failure for an invalid value of a message. */
export const invalid = (
  field: string,
  key: string,
  value: unknown,
  params: FieldFailure["rule"]["params"] = {},
): FieldFailure => ({ kind: "field", code: "SCCC_INVALID_FIELD", field, rule: { key, params }, got: render(value) });

/** A value as an ID; undefined if it is not one. */
function idOf(value: unknown): string | undefined {
  const text = typeof value === "string" ? value.trim() : Number.isSafeInteger(value) ? String(value) : "";
  return text !== "" && text.length <= longestId && !/\p{Cc}/u.test(text) ? text : undefined;
}

/** The control in a message; undefined if the message starts a campaign. */
export function controlOf({ payload }: NodeMessage): Control | FieldFailure | undefined {
  if (!isObject(payload) || !("do" in payload)) return undefined;
  const { do: what, campaign } = payload;
  const action = actions.find((one) => one === what);
  if (action === undefined) return invalid("payload.do", "choice", what, { choices: actions.join(", ") });
  if (campaign === undefined || campaign === null) return { action };
  const id = idOf(campaign);
  return id === undefined ? invalid("payload.campaign", "campaignId", campaign) : { action, campaign: id };
}

/** The ID that a message gives to its campaign; undefined if it gives none. */
export function givenId({
  campaign,
}: NodeMessage & { readonly campaign?: unknown }): string | FieldFailure | undefined {
  if (campaign === undefined || campaign === null || campaign === "") return undefined;
  return idOf(campaign) ?? invalid("msg.campaign", "campaignId", campaign);
}

/** The content of a new campaign. */
export interface Order {
  readonly agents: readonly string[];
  readonly entries: readonly CampaignEntry[];
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

async function read(field: string, value: ReadValue, msg: NodeMessage): Promise<Read<unknown>> {
  try {
    return { ok: true, value: await value(msg) };
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    return { ok: false, failure: { ...invalid(field, "unreadable", undefined), got } };
  }
}

/** The readers of a node's typed inputs. */
export interface OrderReaders {
  readonly agents: ReadValue;
  readonly numbers: ReadValue;
  readonly doNotCall: ReadValue;
  readonly numberField: string;
  /** The typed inputs by field name. */
  readonly inputs: ReadonlyMap<string, TypedInput>;
}

const isUnset = (value: unknown): boolean => value === undefined || value === null || value === "";

const required = (field: Field, value: unknown): FieldFailure =>
  invalid(field.name, "required", value, { example: field.example });

/** Reads the numbers that are never dialled. An unreadable entry is refused, because it would protect nobody. */
async function readBarred(list: unknown, how: Parameters<typeof barredBy>[1]): Promise<Read<ReadonlySet<string>>> {
  const keys = new Set<string>();
  let unread: FieldFailure | undefined;
  await forEachInSlices(barringRows(list, how), (row, index) => {
    const barred = barredBy(row, how);
    if (barred.kind === "keys") for (const key of barred.keys) keys.add(key);
    else {
      const [key, column] = [`item.${barred.why === "column" ? "noColumn" : "noNumber"}`, how.numberField];
      unread ??= invalid("doNotCall", key, row, { index, column });
    }
  });
  return unread === undefined ? { ok: true, value: keys } : { ok: false, failure: unread };
}

/**
 * Reads the numbers to dial and the agents. A long list is read in slices, so that other work gets a turn. A refusal says
 * where its value was looked for.
 */
export async function readOrder(readers: OrderReaders, sender: Sender, msg: NodeMessage): Promise<Read<Order>> {
  const order = await orderOf(readers, sender, msg);
  if (order.ok || order.failure.kind !== "field") return order;
  return { ok: false, failure: withOrigin(order.failure, readers.inputs, msg) };
}

async function orderOf(readers: OrderReaders, sender: Sender, msg: NodeMessage): Promise<Read<Order>> {
  const agents = await read("agents", readers.agents, msg);
  if (!agents.ok) return agents;
  const numbers = await read("numbers", readers.numbers, msg);
  if (!numbers.ok) return numbers;
  const doNotCall = await read("doNotCall", readers.doNotCall, msg);
  if (!doNotCall.ok) return doNotCall;
  const checked = checkFields([campaignFields.agents], { agents: agents.value }, sender.context.timezone);
  if (!checked.ok) return checked;
  if (isUnset(numbers.value)) return { ok: false, failure: required(campaignFields.numbers, numbers.value) };
  const { region, areaCode } = sender.context;
  const plan = planOf(region);
  const how = { region: { region, areaCode }, plan, numberField: readers.numberField };
  const barred = await readBarred(doNotCall.value, how);
  if (!barred.ok) return barred;
  const mayDial = (number: string): boolean => sender.client.mayDial(number);
  const reader = new EntryReader({ ...how, doNotCall: barred.value, mayDial });
  const entries: CampaignEntry[] = [];
  await forEachInSlices(rowsOf(numbers.value, plan), (row) => entries.push(reader.read(row)));
  const staff = checked.fields.agents;
  return { ok: true, value: { agents: [...new Set(Array.isArray(staff) ? staff : [])], entries } };
}
