// Sends the pushes: signed, in order within a lane, bounded in number, tried again, given up.
import http from "node:http";
import https from "node:https";
import type { PushFaults } from "./faults";
import { isObject, type Json, messageOf, parseJson } from "./narrow";
import type { PushToSign } from "./signing";
import { forged, type Letter, type Style, valid } from "./styles";

/** What became of one attempt to push. `error` is there when the push was not taken. */
export interface PushOutcome {
  readonly event: string;
  readonly notify: Json;
  /** 1 for the first; 0 where nothing was sent at all. */
  readonly attempt: number;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** The answer's JSON; its text if it is none. */
  readonly answer?: unknown;
  readonly error?: string;
}

interface Job {
  readonly event: string;
  readonly notify: Json;
  readonly style: Style;
  readonly finish: (outcome: PushOutcome) => void;
}

/** A push that was sent as platforms send them. */
export interface SentPush {
  readonly event: string;
  readonly notify: Json;
  readonly letter: Letter;
}

interface PushSettings {
  readonly customer: string;
  readonly password: string;
  readonly pushUrl: string;
  readonly pushUser: string;
  readonly pushPassword: string;
  readonly speed: number;
}

const mostAtOnce = 16;
const mostQueued = 10_000;
/** Seconds to wait before the second and the third attempt, at speed 1. */
const pauses = [1, 5];
/** How long a receiver may take to answer, in real ms. */
const patience = 10_000;
const longestAnswer = 65_536;

/** Whether a receiver has taken a push: an error that is 0 says so (docs/protocol.md, "Pushes"). */
const isTaken = (status: number, answer: unknown): boolean => {
  const result = isObject(answer) ? answer["result"] : undefined;
  const error = isObject(result) ? result["error"] : undefined;
  return status >= 200 && status < 300 && (error === 0 || error === "0");
};

/** Ends jobs that will not be sent. */
const giveUp = (jobs: readonly Job[], error: string): void => {
  for (const { event, notify, finish } of jobs) finish({ event, notify, attempt: 0, error });
};

export class Pusher {
  readonly #lanes = new Map<string, Job[]>();
  /** Lanes with something to send and nothing under way. */
  #ready: string[] = [];
  #active = 0;
  #queued = 0;
  #seq = 0;
  #alone = 0;
  #closed = false;
  /** The last genuine push of each event, the newest last. */
  readonly #sent = new Map<string, SentPush>();
  readonly #requests = new Set<http.ClientRequest>();
  readonly #pauses = new Map<NodeJS.Timeout, () => void>();
  readonly #client: { readonly agent: http.Agent; readonly request: typeof http.request };

  constructor(
    private readonly settings: PushSettings,
    private readonly faults: PushFaults,
    private readonly onPush: (outcome: PushOutcome) => void,
  ) {
    this.#client = settings.pushUrl.startsWith("https:")
      ? { agent: new https.Agent({ keepAlive: true }), request: https.request }
      : { agent: new http.Agent({ keepAlive: true }), request: http.request };
  }

  /** Whether there is anywhere to push to. */
  get hasReceiver(): boolean {
    return this.settings.pushUrl !== "";
  }

  /** The last genuine push that was sent, of any event or of one. */
  lastSent(event?: string): SentPush | undefined {
    return event === undefined ? [...this.#sent.values()].at(-1) : this.#sent.get(event);
  }

  /** Queues a push behind those of the same lane. Resolves with its last attempt's outcome; never rejects. */
  push(lane: string, event: string, notify: Json, style = valid): Promise<PushOutcome> {
    return new Promise((resolve) => {
      const none = { event, notify, attempt: 0 };
      if (this.#closed) return resolve({ ...none, error: "the simulator has been closed" });
      if (!this.hasReceiver) return resolve({ ...none, error: "there is no pushUrl" });
      if (this.#queued >= mostQueued) {
        const outcome = { ...none, error: `given up: ${mostQueued} pushes are waiting already` };
        this.onPush(outcome);
        return resolve(outcome);
      }
      this.#queued += 1;
      const job: Job = { event, notify, style, finish: resolve };
      const jobs = this.#lanes.get(lane);
      if (jobs !== undefined) {
        jobs.push(job);
        return;
      }
      this.#lanes.set(lane, [job]);
      this.#ready.push(lane);
      this.#next();
    });
  }

  /** Sends a push in a lane of its own: now, whatever else is waiting. */
  pushAlone(event: string, notify: Json, style: Style): Promise<PushOutcome> {
    this.#alone += 1;
    return this.push(`alone ${this.#alone}`, event, notify, style);
  }

  /** Forgets what is waiting to be sent and what has been. What is under way is still tried to its end. */
  reset(): void {
    this.#sent.clear();
    const ready = new Set(this.#ready);
    for (const [lane, jobs] of this.#lanes) {
      // The first job of a lane that is not ready is under way.
      const waiting = jobs.splice(ready.has(lane) ? 0 : 1);
      this.#queued -= waiting.length;
      giveUp(waiting, "forgotten by a reset");
      if (jobs.length === 0) this.#lanes.delete(lane);
    }
    this.#ready = [];
  }

  /** Stops at once; nothing is reported from here on. */
  close(): void {
    this.#closed = true;
    for (const [timer, done] of this.#pauses) {
      clearTimeout(timer);
      done();
    }
    this.#pauses.clear();
    for (const request of this.#requests) request.destroy();
    this.#client.agent.destroy();
    for (const jobs of this.#lanes.values()) giveUp(jobs, "the simulator has been closed");
    this.#lanes.clear();
    this.#ready = [];
  }

  #next(): void {
    while (this.#active < mostAtOnce) {
      const lane = this.#ready.shift();
      const jobs = lane === undefined ? undefined : this.#lanes.get(lane);
      const [job] = jobs ?? [];
      if (lane === undefined || jobs === undefined || job === undefined) return;
      this.#active += 1;
      // A notify that comes in a message may be no JSON at all, such as one that holds itself.
      const failed = (thrown: unknown) => ({
        event: job.event,
        notify: job.notify,
        attempt: 0,
        error: messageOf(thrown),
      });
      void this.#deliver(job)
        .catch(failed)
        .then((outcome) => {
          this.#active -= 1;
          if (this.#closed) return;
          job.finish(outcome);
          this.#queued -= 1;
          jobs.shift();
          if (jobs.length === 0) this.#lanes.delete(lane);
          else this.#ready.push(lane);
          this.#next();
        });
    }
  }

  async #deliver(job: Job): Promise<PushOutcome> {
    const { event, notify, style } = job;
    // What is wrong on purpose already needs no fault.
    const fault = style.genuine ? this.faults.takeForPush(event) : undefined;
    if (fault === "dropPush") {
      const outcome = { event, notify, attempt: 0, error: "dropped, as told" };
      this.onPush(outcome);
      return outcome;
    }
    const { genuine, write } = fault === "wrongDigest" ? forged : style;
    // Signed once: a push that is tried again is the very same, so that its receiver can tell a repeat.
    const letter = write(this.#toSign(notify));
    if (genuine) {
      // Taken out first: the newest comes last.
      this.#sent.delete(event);
      this.#sent.set(event, { event, notify, letter });
    }
    const first = await this.#attempt(job, letter, 1);
    if (!genuine) return first;
    if (fault === "duplicate") return this.#attempt(job, letter, 2);
    let outcome = first;
    for (const [index, pause] of pauses.entries()) {
      if (outcome.error === undefined || this.#closed) break;
      await this.#pause(pause);
      if (!this.#closed) outcome = await this.#attempt(job, letter, index + 2);
    }
    return outcome;
  }

  #toSign(notify: Json): PushToSign {
    const { customer, password, pushUser, pushPassword } = this.settings;
    const isOwn = pushUser !== "" && pushPassword !== "";
    this.#seq += 1;
    const signer = isOwn ? { customer: pushUser, password: pushPassword } : { customer, password };
    return { ...signer, notify, seq: this.#seq };
  }

  async #attempt({ event, notify }: Job, letter: Letter, attempt: number): Promise<PushOutcome> {
    const outcome = await this.#post(letter).then(
      ({ status, text }): PushOutcome => {
        const answer = parseJson(text) ?? text;
        const known = { event, notify, attempt, status, answer };
        return isTaken(status, answer)
          ? known
          : { ...known, error: `not taken: HTTP ${status}, ${text.slice(0, 200)}` };
      },
      (thrown: unknown): PushOutcome => ({ event, notify, attempt, error: messageOf(thrown) }),
    );
    if (!this.#closed) this.onPush(outcome);
    return outcome;
  }

  #post(letter: Letter): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const { body, contentType } = letter;
      const headers = {
        ...(contentType === "" ? {} : { "Content-Type": contentType }),
        Accept: "application/json",
        "Content-Length": Buffer.byteLength(body),
      };
      const { agent } = this.#client;
      const request = this.#client.request(this.settings.pushUrl, { method: "POST", agent, headers });
      this.#requests.add(request);
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${patience / 1000} s`)), patience);
      request.on("close", () => {
        clearTimeout(timer);
        this.#requests.delete(request);
        // Does nothing once the promise is settled; else the answer was cut off.
        reject(new Error("the connection was closed before the answer was complete"));
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The receiver closed a connection that was kept open, just as it was used again: that is not the push's fault.
        if (request.reusedSocket && error.code === "ECONNRESET" && !this.#closed) resolve(this.#post(letter));
        else reject(error);
      });
      request.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > longestAnswer) request.destroy(new Error("the answer is too long"));
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      });
      request.end(body);
    });
  }

  #pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#pauses.delete(timer);
        resolve();
      };
      const timer = setTimeout(done, (seconds * 1000) / this.settings.speed);
      this.#pauses.set(timer, done);
    });
  }
}
