// Fetches the beginning of an account's newest recording, to test the account's recording address.
import { commandOf } from "../../catalogue";
import { audioName } from "../../protocol/beginning";
import { Client } from "../../protocol/client";
import { hasCommand } from "../../protocol/envelope";
import { excerptOf } from "../../protocol/failure";
import type { Sequences } from "../../protocol/sequence";
import { isObject } from "../../util/json";
import { momentOf } from "../../util/time";
import { Reader } from "../feed/feed";
import { newestRecords } from "../feed/source";
import type { AccountConfig } from "../shared/config";
import type { Failure } from "../shared/failure";
import type { AdminAnswer } from "./connection";

/** The longest time for the whole search, in ms. */
const patienceMs = 10_000;

/** The time spans in which CDRs are searched, in ms: the first span with a recording ends the search. */
const spansMs = [3_600_000, 86_400_000, 7 * 86_400_000];

/** How many of the newest records are searched for one with a file. This is one page. */
const recordsBack = 500n;

/** The most requests for finding the newest key of the records: twice the number of digits of a 64-bit number. */
const mostRequests = 130;

/** The result of searching a list: a filename, none, or the platform's failure. */
type Found =
  | { readonly ok: true; readonly filename: string | undefined }
  | { readonly ok: false; readonly failure: Failure };

const filenameOf = (item: unknown): string => {
  const filename = isObject(item) ? item.filename : undefined;
  return typeof filename === "string" ? filename.trim() : "";
};

/** The filename of the item with the highest rank, among the items that have one. */
function highest(
  items: readonly unknown[],
  rank: (item: Readonly<Record<string, unknown>>) => number,
): string | undefined {
  let best: { readonly rank: number; readonly filename: string } | undefined;
  for (const item of items) {
    const filename = filenameOf(item);
    if (!isObject(item) || filename === "") continue;
    const its = rank(item);
    if (best === undefined || its >= best.rank) best = { rank: its, filename };
  }
  return best?.filename;
}

/** The newest recording of the CDRs of the last week. */
async function inCdrs(reader: Reader, now: number, timezone: string): Promise<Found> {
  for (const span of spansMs) {
    // The platform's clock may be a little ahead of ours.
    const listed = await reader.cdrs(now - span, now + 60_000);
    if (!listed.ok) return listed;
    const filename = highest(listed.list, ({ answerTime }) => momentOf(answerTime, timezone) ?? 0);
    if (filename !== undefined) return { ok: true, filename };
  }
  return { ok: true, filename: undefined };
}

/** The newest recording of the records. */
async function inRecords(reader: Reader): Promise<Found> {
  let requests = 0;
  const read = (startKey: string) => {
    requests += 1;
    if (requests <= mostRequests) return reader.records(startKey);
    return Promise.resolve({ ok: false, failure: { kind: "closed", code: "SCCC_CLOSED" } } as const);
  };
  const newest = await newestRecords(read);
  if (!newest.ok) return newest;
  const last = BigInt(newest.position.key);
  const listed = await read(String(last > recordsBack ? last - recordsBack : 0n));
  return listed.ok ? { ok: true, filename: highest(listed.list, ({ key }) => Number(key)) } : listed;
}

const search = async (reader: Reader, config: AccountConfig, now: number): Promise<Found> => {
  const found = await inCdrs(reader, now, config.timezone);
  const records = commandOf("getRecordsList");
  if ((found.ok && found.filename !== undefined) || records === undefined) return found;
  if (!hasCommand(records, config.apiVersion)) return found;
  const further = await inRecords(reader);
  // If one list could be read and is empty, there is no recording. The other list may not be open to this account.
  return !further.ok && found.ok ? found : further;
};

/** The outcome of a download that failed, or that was not a recording. */
function failureAnswer(failure: Failure, url: string): AdminAnswer {
  switch (failure.kind) {
    case "http":
      return failure.location === undefined
        ? { outcome: "http", params: { url, status: failure.status } }
        : { outcome: "redirect", params: { url, status: failure.status, location: failure.location } };
    case "protocol":
      return failure.reason === "notFile"
        ? { outcome: "page", params: { url, detail: failure.excerpt } }
        : {
            outcome: failure.reason === "emptyFile" ? "empty" : "unreadable",
            params: { url, detail: failure.excerpt },
          };
    case "network":
      return { outcome: "unreachable", params: { url, detail: failure.systemCode } };
    default:
      return { outcome: "timeout", params: { url } };
  }
}

/**
 * Looks for the newest recording and fetches its beginning. `outcome` is the last part of a key below `recording` of
 * the locales.
 * @param offMs how far the platform's clock is ahead of ours
 */
export async function tryNewestRecording(
  config: AccountConfig & Partial<Sequences>,
  offMs: number,
  closing: AbortSignal,
): Promise<AdminAnswer> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(patienceMs)]);
  const timeoutMs = Math.min(config.timeoutMs, patienceMs);
  const client = new Client({ ...config, timeoutMs, retries: 0 });
  try {
    const found = await search(new Reader({ client, context: config }, signal), config, Date.now() + offMs);
    if (!found.ok && signal.aborted) return { outcome: "slow" };
    if (!found.ok) return { outcome: "unlisted", params: { code: found.failure.code } };
    const { filename } = found;
    if (filename === undefined) return { outcome: "none" };
    const url = client.urlOf(filename);
    if (url === undefined) return { outcome: "address", params: { filename: excerptOf(filename, 100) } };
    const shown = excerptOf(url, 200);
    let head: Buffer = Buffer.alloc(0);
    const fetched = await client.fetch({
      url,
      maxBytes: Number.POSITIVE_INFINITY,
      signal,
      beginningOnly: true,
      write: async (chunk) => {
        head = chunk;
      },
      progress: () => undefined,
    });
    if (!fetched.ok) return failureAnswer(fetched.failure, shown);
    const name = audioName(head) ?? (/^audio\//i.test(fetched.contentType) ? fetched.contentType : undefined);
    if (name !== undefined) return { outcome: "audio", params: { url: shown, type: excerptOf(name, 50) } };
    return { outcome: "bytes", params: { url: shown, type: excerptOf(fetched.contentType, 50) || "–" } };
  } finally {
    client.close();
  }
}
