// Sends the pushes: signed, in order within a lane, bounded in number, tried again, given up.
import http from "node:http";
import https from "node:https";
import type { Clock } from "./clock";
import type { Dialect } from "./dialects";
import type { PushFault, PushFaults } from "./faults";
import { isObject, type Json, messageOf, parseJson, textOrDigits } from "./narrow";
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

/** A push to be sent. */
export interface ToPush {
  /** Pushes of one lane come in order. */
  readonly lane: string;
  readonly event: string;
  readonly notify: Json;
  readonly style?: Style;
  /** What it is about, whether or not it says so, for faults that befall some calls only; `call` tells calls apart. */
  readonly about?: Json;
}

interface Job {
  readonly lane: string;
  readonly event: string;
  readonly notify: Json;
  readonly style: Style;
  readonly call: string | undefined;
  /** Signed wrongly, as told. */
  readonly forge: boolean;
  /** It is sent again after it has been sent. */
  readonly again: { readonly seconds: number; readonly anew: boolean; readonly notify: Json } | undefined;
  readonly finish: (outcome: PushOutcome) => void;
  /** Whether nobody wants it sent any more. */
  forgotten: boolean;
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
  readonly pushUrl: () => string;
  readonly pushUser: string;
  readonly pushPassword: string;
  readonly speed: number;
  readonly dialect: Pick<Dialect, "taken">;
  readonly pushPatience: number;
}

const mostAtOnce = 16;
/** So many waiting pushes, and tasks make no further calls until half of them have been sent. */
const congested = 1000;
const mostQueued = 10_000;
/** Seconds to wait before the second and the third attempt, at speed 1. */
const pauses = [1, 5];
/** How long a receiver may take to answer, in real ms. */
const patience = 10_000;
const longestAnswer = 65_536;

/** Between two attempts where nobody answers, in real ms. */
const outagePause = 50;

/** Whether a receiver has taken a push: a status of 2xx and, unless the dialect does without, an error that is 0. */
const isTaken = (status: number, answer: unknown, taken: Dialect["taken"]): boolean => {
  if (taken === "status") return status >= 200 && status < 300;
  const result = isObject(answer) ? answer["result"] : undefined;
  const error = isObject(result) ? result["error"] : undefined;
  return status >= 200 && status < 300 && (error === 0 || error === "0");
};

/** Ends jobs that will not be sent. */
const giveUp = (jobs: Iterable<Job>, error: string): void => {
  for (const job of jobs) {
    job.forgotten = true;
    const { event, notify, finish } = job;
    finish({ event, notify, attempt: 0, error });
  }
};

const withoutFields = (notify: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(notify).map(([name, value]) => [name, names.includes(name) ? "" : value]));

export class Pusher {
  readonly #lanes = new Map<string, Job[]>();
  /** Lanes with something to send and nothing under way. */
  #ready: string[] = [];
  #active = 0;
  #queued = 0;
  #seq = 0;
  #alone = 0;
  #closed = false;
  #wasCongested = false;
  /** Set while the platform restarts: what waits for it to go on. */
  #paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #restarts = 0;
  /** Jobs that are told to be late, each with what calls off its waiting. */
  readonly #late = new Map<Job, () => void>();
  /** Jobs that let the next one of the same call pass. */
  readonly #letPass = new Set<Job>();
  /** Called when so many pushes have been sent that tasks may make calls again. */
  onRelief: () => void = () => {};
  /** The last genuine push of each event, the newest last. */
  readonly #sent = new Map<string, SentPush>();
  readonly #requests = new Set<http.ClientRequest>();
  readonly #pauses = new Map<NodeJS.Timeout, () => void>();
  readonly #plain = new http.Agent({ keepAlive: true });
  /** No certificate can say that it is of this machine: there it is not asked for. */
  readonly #secure = {
    local: new https.Agent({ keepAlive: true, rejectUnauthorized: false }),
    other: new https.Agent({ keepAlive: true }),
  };

  constructor(
    private readonly settings: PushSettings,
    private readonly clock: Clock,
    private readonly faults: PushFaults,
    private readonly onPush: (outcome: PushOutcome) => void,
  ) {}

  /** Whether there is anywhere to push to. */
  get hasReceiver(): boolean {
    return this.settings.pushUrl() !== "";
  }

  /** The last genuine push that was sent, of any event or of one. */
  lastSent(event?: string): SentPush | undefined {
    return event === undefined ? [...this.#sent.values()].at(-1) : this.#sent.get(event);
  }

  /** Whether so many pushes are waiting that nobody should cause more of them without need. */
  isCongested(): boolean {
    if (this.#queued >= congested) this.#wasCongested = true;
    return this.#wasCongested;
  }

  /** Queues a push behind those of the same lane, unless a fault befalls it. Resolves with its last attempt's outcome; never rejects. */
  push({ lane, event, notify, style = valid, about = {} }: ToPush): Promise<PushOutcome> {
    return new Promise((resolve) => {
      const none = { event, notify, attempt: 0 };
      if (this.#closed) return resolve({ ...none, error: "the simulator has been closed" });
      if (!this.hasReceiver) return resolve({ ...none, error: "there is no pushUrl" });
      if (this.#queued >= mostQueued) {
        const outcome = { ...none, error: `given up: ${mostQueued} pushes are waiting already` };
        this.onPush(outcome);
        return resolve(outcome);
      }
      // What is wrong on purpose already needs no fault.
      const fault = style.genuine ? this.faults.takeForPush(event, about) : undefined;
      if (fault?.kind === "dropPush") {
        const outcome = { ...none, error: "dropped, as told" };
        this.onPush(outcome);
        return resolve(outcome);
      }
      this.#queued += 1;
      const finish = (outcome: PushOutcome): void => {
        this.#queued -= 1;
        resolve(outcome);
        if (this.#wasCongested && this.#queued <= congested / 2 && !this.#closed) {
          this.#wasCongested = false;
          this.onRelief();
        }
      };
      this.#place(this.#jobOf({ lane, event, notify, style, about }, fault, finish), fault);
    });
  }

  /** Sends a push in a lane of its own: now, whatever else is waiting. */
  pushAlone(event: string, notify: Json, style: Style): Promise<PushOutcome> {
    this.#alone += 1;
    return this.push({ lane: `alone ${this.#alone}`, event, notify, style, about: notify });
  }

  /** Forgets what is waiting to be sent and what has been. What is under way is still tried to its end. */
  reset(): void {
    this.#sent.clear();
    this.#forget("forgotten by a reset");
  }

  /** Sends nothing until it goes on. What is under way is cut off; unless it is forgotten, it is sent again, word for word. */
  pause(keep: boolean): void {
    if (!keep) {
      this.#forget("lost by a restart");
      for (const [job] of this.#lanes.values()) if (job !== undefined) job.forgotten = true;
    }
    this.#restarts += 1;
    let end: () => void = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#paused ??= { over, end };
    for (const request of this.#requests) request.destroy(new Error("the simulator restarts"));
  }

  /** Goes on after a pause. */
  resume(): void {
    this.#paused?.end();
    this.#paused = undefined;
    this.#next();
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
    for (const agent of [this.#plain, this.#secure.local, this.#secure.other]) agent.destroy();
    this.#paused?.end();
    this.#paused = undefined;
    const error = "the simulator has been closed";
    this.#forgetLate(error);
    for (const jobs of this.#lanes.values()) giveUp(jobs, error);
    this.#lanes.clear();
    this.#ready = [];
  }

  #jobOf(
    { lane, event, notify, style = valid, about }: ToPush,
    fault: PushFault | undefined,
    finish: (outcome: PushOutcome) => void,
  ): Job {
    const twice = fault?.kind === "duplicate" ? fault : undefined;
    const missing = fault?.kind === "stripPush" ? fault.fields : (twice?.without ?? []);
    // A second time with other fields is another content, which needs a signature of its own.
    const again = twice && { seconds: twice.seconds, anew: twice.anew || twice.without.length > 0, notify };
    return {
      lane,
      event,
      notify: missing.length === 0 ? notify : withoutFields(notify, missing),
      style,
      call: textOrDigits(about?.["call"]),
      forge: fault?.kind === "wrongDigest",
      again,
      finish,
      forgotten: false,
    };
  }

  /** Puts a job where it belongs: into its lane, or aside until its time has come. */
  #place(job: Job, fault: PushFault | undefined): void {
    if (fault?.kind === "delayPush") {
      this.#alone += 1;
      this.#later(fault.drawn, { ...job, lane: `alone ${this.#alone}` });
      return;
    }
    if (fault?.kind === "reorderPush") {
      this.#letPass.add(job);
      this.#later(fault.seconds, job);
      return;
    }
    this.#enqueue(job);
    // A change of the agent's state is no event of the call.
    if (job.call === undefined) return;
    for (const other of this.#letPass) {
      if (other.call !== job.call) continue;
      this.#late.get(other)?.();
      this.#late.delete(other);
      this.#letPass.delete(other);
      this.#enqueue(other);
    }
  }

  /** Puts a job into its lane after so many simulated seconds. */
  #later(seconds: number, job: Job): void {
    const callOff = this.clock.after(seconds, () => {
      this.#late.delete(job);
      this.#letPass.delete(job);
      this.#enqueue(job);
    });
    this.#late.set(job, callOff);
  }

  #enqueue(job: Job): void {
    const jobs = this.#lanes.get(job.lane);
    if (jobs !== undefined) {
      jobs.push(job);
      return;
    }
    this.#lanes.set(job.lane, [job]);
    this.#ready.push(job.lane);
    this.#next();
  }

  /** Gives up all that is not under way. */
  #forget(error: string): void {
    this.#forgetLate(error);
    const ready = new Set(this.#ready);
    for (const [lane, jobs] of this.#lanes) {
      // The first job of a lane that is not ready is under way.
      giveUp(jobs.splice(ready.has(lane) ? 0 : 1), error);
      if (jobs.length === 0) this.#lanes.delete(lane);
    }
    this.#ready = [];
  }

  #forgetLate(error: string): void {
    for (const callOff of this.#late.values()) callOff();
    giveUp([...this.#late.keys()], error);
    this.#late.clear();
    this.#letPass.clear();
  }

  #next(): void {
    while (this.#active < mostAtOnce && this.#paused === undefined) {
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
          jobs.shift();
          if (jobs.length === 0) this.#lanes.delete(lane);
          else this.#ready.push(lane);
          job.finish(outcome);
          this.#next();
        });
    }
  }

  async #deliver(job: Job): Promise<PushOutcome> {
    const { event, notify, again } = job;
    const { genuine, write } = job.forge ? forged : job.style;
    // Signed once: a push that is tried again is the very same, so that its receiver can tell a repeat.
    const letter = write(this.#toSign(notify));
    if (genuine) {
      // Taken out first: the newest comes last.
      this.#sent.delete(event);
      this.#sent.set(event, { event, notify, letter });
    }
    const since = Date.now();
    let outcome = await this.#attempt(job, letter, 1);
    if (!genuine) return outcome;
    if (again !== undefined) return this.#again(job, again, letter, outcome);
    const { pushPatience } = this.settings;
    const goesOn = () => outcome.error !== undefined && !this.#closed && !job.forgotten;
    for (let answers = 0; goesOn(); ) {
      const silent = outcome.status === undefined && Date.now() - since < pushPatience * 1000;
      const pause = silent ? outagePause : this.#inRealMs(pauses[answers]);
      if (pause === undefined) break;
      if (!silent) answers += 1;
      await this.#pause(pause);
      if (goesOn()) outcome = await this.#attempt(job, letter, outcome.attempt + 1);
    }
    return outcome;
  }

  /** Sends a push a second time, as told. */
  async #again(job: Job, again: NonNullable<Job["again"]>, letter: Letter, first: PushOutcome): Promise<PushOutcome> {
    const { notify, seconds, anew } = again;
    if (this.#closed || job.forgotten) return first;
    if (seconds === 0) return this.#attempt(job, anew ? job.style.write(this.#toSign(notify)) : letter, 2);
    this.#alone += 1;
    this.#queued += 1;
    const finish = () => {
      this.#queued -= 1;
    };
    const style: Style = anew ? job.style : { genuine: true, write: () => letter };
    this.#later(seconds, { ...job, lane: `alone ${this.#alone}`, notify, style, again: undefined, finish });
    return first;
  }

  #toSign(notify: Json): PushToSign {
    const { customer, password, pushUser, pushPassword } = this.settings;
    const isOwn = pushUser !== "" && pushPassword !== "";
    this.#seq += 1;
    const signer = isOwn ? { customer: pushUser, password: pushPassword } : { customer, password };
    return { ...signer, notify, seq: this.#seq };
  }

  async #attempt(job: Job, letter: Letter, attempt: number): Promise<PushOutcome> {
    const { event, notify } = job;
    await this.#paused?.over;
    if (this.#closed || job.forgotten) return { event, notify, attempt: 0, error: "given up" };
    const restarts = this.#restarts;
    const outcome = await this.#post(letter).then(
      ({ status, text }): PushOutcome => {
        const answer = parseJson(text) ?? text;
        const known = { event, notify, attempt, status, answer };
        return isTaken(status, answer, this.settings.dialect.taken)
          ? known
          : { ...known, error: `not taken: HTTP ${status}, ${text.slice(0, 200)}` };
      },
      (thrown: unknown): PushOutcome => ({ event, notify, attempt, error: messageOf(thrown) }),
    );
    if (this.#closed) return outcome;
    this.onPush(outcome);
    const wasCutOff = outcome.status === undefined && restarts !== this.#restarts;
    return wasCutOff && !job.forgotten ? this.#attempt(job, letter, attempt + 1) : outcome;
  }

  #post(letter: Letter): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const { body, contentType } = letter;
      const headers = {
        ...(contentType === "" ? {} : { "Content-Type": contentType }),
        Accept: "application/json",
        "Content-Length": Buffer.byteLength(body),
      };
      const request = this.#request({ method: "POST", headers });
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

  #request(options: http.RequestOptions): http.ClientRequest {
    const url = new URL(this.settings.pushUrl());
    if (url.protocol === "http:") return http.request(url, { ...options, agent: this.#plain });
    const isLocal = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
    return https.request(url, { ...options, agent: isLocal ? this.#secure.local : this.#secure.other });
  }

  #inRealMs(seconds: number | undefined): number | undefined {
    return seconds === undefined ? undefined : (seconds * 1000) / this.settings.speed;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#pauses.delete(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#pauses.set(timer, done);
    });
  }
}
