// Sends a push to ourselves over HTTP, as the platform would, to the address at which an account receives.
import http from "node:http";
import https from "node:https";
import axios from "axios";
import { isObject, parseJson } from "../util/json";
import { codeOf, overHttp } from "./adapter";

/** The answer: its status and `result.msg`, or why there is no answer. */
export type PushAnswer =
  | { readonly ok: true; readonly status: number; readonly msg: string }
  | { readonly ok: false; readonly systemCode: string };

const timeoutMs = 10_000;
const maxAnswerBytes = 64 * 1024;

function messageIn(text: string): string {
  try {
    const body = parseJson(text);
    return isObject(body) && isObject(body.result) && typeof body.result.msg === "string" ? body.result.msg : "";
  } catch {
    return "";
  }
}

/** Posts a push. Never rejects. The certificate is not checked: it names a host, but we connect to this machine by its address. */
export async function postPush(url: string, push: unknown): Promise<PushAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await axios.request<Buffer>({
      method: "POST",
      url,
      data: JSON.stringify(push),
      adapter: overHttp,
      signal,
      responseType: "arraybuffer",
      transformRequest: [],
      transformResponse: [],
      validateStatus: () => true,
      maxContentLength: maxAnswerBytes,
      proxy: false,
      httpAgent: new http.Agent({ keepAlive: false }),
      httpsAgent: new https.Agent({ keepAlive: false, rejectUnauthorized: false }),
      headers: { "Content-Type": "application/json", "User-Agent": "node-red-sccc" },
    });
    return { ok: true, status: response.status, msg: messageIn(response.data.toString("utf8")) };
  } catch (error) {
    return { ok: false, systemCode: signal.aborted ? "ETIMEDOUT" : codeOf(error) };
  }
}
