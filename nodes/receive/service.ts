// Everything that runs in the worker: inboxes, ports, and the hold on pushes during a redeploy. Does not depend on worker threads.

import { guarded } from "../util/guarded";
import { TurnBatch } from "../util/turn-batch";
import { senderOf } from "./addresses";
import { type AnswerName, answer } from "./answers";
import { customerOf } from "./authentication";
import { BodyCollector, ByteBudget, type ParsedPush, pushIn, readBody, readPushBody } from "./body";
import { type Arrival, checkHead } from "./head";
import type {
  AccountSpec,
  Ask,
  Asks,
  FromWorker,
  OwnPort,
  ReceivingProblem,
  SharedRequest,
  ToWorker,
} from "./messages";
import { Sender } from "./outbox";
import { type InboxDeps, PushInbox, type Verdict } from "./push-inbox";
import { PushServer, type PushServerDeps, type ServedRequest } from "./push-server";
import { endpointPath, readTarget } from "./target";

/** Maximum number of bytes of all bodies together. */
const bodyBudget = 64 * 1024 * 1024;

/** How often counters are sent, in ms. */
const countsEveryMs = 200;

export interface ServiceOptions {
  readonly post: (message: FromWorker) => void;
  /** Owner of the locks of the stores: unique for each process. */
  readonly owner: string;
  /** Pushes are recorded for the sidebar. */
  readonly record?: boolean;
  /** How long a push waits for the end of a redeploy, in ms. */
  readonly holdMs?: number;
  /** For tests. */
  readonly inbox?: Partial<InboxDeps>;
  readonly server?: Partial<PushServerDeps>;
}

/** An account's problems by source; the first one is reported. */
interface Troubles {
  port?: ReceivingProblem | undefined;
  store?: ReceivingProblem | undefined;
}

/** Receives for all accounts of a process. */
export class ReceiveService {
  readonly #options: ServiceOptions;
  readonly #post: ServiceOptions["post"];
  readonly #sender: Sender;
  readonly #budget = new ByteBudget(bodyBudget);
  readonly #inboxes = new Map<string, PushInbox>();
  /** The inboxes by port, and by port and path. */
  readonly #endpoints = new Map<string, readonly PushInbox[]>();
  readonly #servers = new Map<number, PushServer>();
  readonly #troubles = new Map<string, Troubles>();
  readonly #changed = new Set<string>();
  #countsTimer: NodeJS.Timeout | undefined;
  readonly #answers = new TurnBatch<readonly [number, AnswerName]>((answers) =>
    this.#post({ kind: "answers", answers }),
  );
  /** The pushes that wait for the end of a redeploy. Undefined: no redeploy is in progress. */
  #held: ((ready: boolean) => void)[] | undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  /** The redeploy takes longer than a push may wait. */
  #late = false;
  #down = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#post = options.post;
    this.#sender = new Sender((text) => this.#post({ kind: "deliveries", text }));
  }

  /** Handles a message from Node-RED's thread. */
  handle(message: ToWorker): void {
    switch (message.kind) {
      case "apply":
        this.#apply(message.accounts);
        this.#post({ kind: "applied" });
        return;
      case "hold":
        this.#hold();
        return;
      case "handed":
        this.#sender.settle(message.handed, true);
        this.#sender.settle(message.lost, false);
        return;
      case "refused":
        for (const account of message.accounts) this.#inboxes.get(account)?.refuse(message.why);
        return;
      case "unreadable":
        this.#unreadable(0, message);
        return;
      case "acks":
        this.#post({
          kind: "acked",
          results: message.acks.map(([number, account, token, taken]) => [
            number,
            this.#inboxes.get(account)?.acknowledge(token, taken) ?? false,
          ]),
        });
        return;
      case "requests":
        for (const request of message.requests) void this.#shared(request);
        return;
      case "ask":
        void this.#answerAsk(message.number, message.account, message.ask);
        return;
      case "flush":
        this.#inboxes.get(message.account)?.flush();
        this.#post({ kind: "flushed", account: message.account });
        return;
      case "down":
        this.#down = true;
        this.#release(false);
        for (const inbox of this.#inboxes.values()) inbox.flush();
        return;
      case "stop":
        this.close();
        this.#post({ kind: "stopped" });
        return;
      case "exit":
        // Handled by the owner of the service.
        return;
    }
  }

  /** An account's inbox, for tests. */
  inboxOf(account: string): PushInbox | undefined {
    return this.#inboxes.get(account);
  }

  /** A port's server, for tests. */
  serverAt(port: number): PushServer | undefined {
    return this.#servers.get(port);
  }

  /** Closes the ports and the stores. */
  close(): void {
    this.#down = true;
    this.#release(false);
    clearTimeout(this.#countsTimer);
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
    for (const inbox of this.#inboxes.values()) inbox.close();
    this.#inboxes.clear();
    this.#endpoints.clear();
  }

  #hold(): void {
    if (this.#held !== undefined) return;
    this.#held = [];
    this.#holdTimer = setTimeout(
      guarded(() => {
        this.#late = true;
        for (const admit of this.#held?.splice(0) ?? []) admit(false);
      }),
      this.#options.holdMs ?? 5000,
    ).unref();
  }

  #release(ready: boolean): void {
    clearTimeout(this.#holdTimer);
    const waiting = this.#held ?? [];
    this.#held = undefined;
    this.#late = false;
    for (const admit of waiting) admit(ready);
  }

  /** Whether pushes are accepted. During a redeploy, a promise that resolves at its end. */
  #ready(): boolean | Promise<boolean> {
    if (this.#down || this.#late) return false;
    if (this.#held === undefined) return true;
    return new Promise((resolve) => this.#held?.push(resolve));
  }

  #apply(accounts: readonly AccountSpec[]): void {
    const wanted = new Map(accounts.map((account) => [account.id, account]));
    for (const [id, inbox] of this.#inboxes) {
      if (wanted.has(id)) continue;
      inbox.close();
      this.#inboxes.delete(id);
      this.#troubles.delete(id);
    }
    for (const [id, account] of wanted) {
      const inbox = this.#inboxes.get(id);
      if (inbox === undefined) this.#inboxes.set(id, new PushInbox(account, this.#inboxDeps(id)));
      else inbox.apply(account);
      // Send counters and problems again: the nodes may be new.
      this.#reportProblem(id);
    }
    this.#findEndpoints();
    this.#applyPorts(accounts);
    this.#release(true);
  }

  #inboxDeps(id: string): InboxDeps {
    return {
      sender: this.#sender,
      owner: this.#options.owner,
      record: this.#options.record === true,
      onCounts: () => this.#count(id),
      onProblem: (store) => this.#trouble(id, { store }),
      onWarning: (key, params) => this.#post({ kind: "warning", account: id, key, params }),
      ...this.#options.inbox,
    };
  }

  /** Opens the ports that are needed and closes the others; an unchanged port stays open. */
  #applyPorts(accounts: readonly AccountSpec[]): void {
    const ports = new Map<number, { readonly own: OwnPort; readonly ids: string[]; conflict: boolean }>();
    for (const { id, config } of accounts) {
      const { own } = config.endpoint;
      if (own === undefined) {
        this.#trouble(id, { port: undefined });
        continue;
      }
      const entry = ports.get(own.port);
      if (entry === undefined) ports.set(own.port, { own, ids: [id], conflict: false });
      else {
        entry.ids.push(id);
        entry.conflict ||= !sameServer(entry.own, own);
      }
    }
    for (const [port, server] of this.#servers) {
      const wanted = ports.get(port);
      if (wanted !== undefined && !wanted.conflict && sameServer(wanted.own, server.own)) continue;
      server.close();
      this.#servers.delete(port);
    }
    for (const [port, { own, ids, conflict }] of ports) {
      const trouble = (problem: ReceivingProblem | undefined) => {
        for (const id of ids) this.#trouble(id, { port: problem });
      };
      if (conflict) {
        trouble({ setting: "pushPort", reason: "conflict", detail: String(port) });
        continue;
      }
      // Also if the port stays open: a new account at the port must report the port's problem too.
      trouble(this.#servers.get(port)?.problem);
      if (!this.#servers.has(port)) this.#servers.set(port, new PushServer(own, this.#serverDeps(port)));
    }
  }

  #serverDeps(port: number): PushServerDeps {
    return {
      handle: (served) => void this.#serve(port, served),
      admits: (address) => this.#at(port).some((inbox) => inbox.senders.admitsPeer(address)),
      isListed: (address) => this.#at(port).some((inbox) => inbox.senders.isListed(address)),
      onRefused: () => {
        for (const inbox of this.#at(port)) inbox.refuse("sender");
      },
      onProblem: (problem) => {
        for (const { id } of this.#at(port)) this.#trouble(id, { port: problem });
      },
      onBadCertificate: ({ message }) => {
        for (const { id } of this.#at(port)) {
          this.#post({
            kind: "warning",
            account: id,
            key: "badCertificate",
            params: { port: String(port), detail: message },
          });
        }
      },
      ...this.#options.server,
    };
  }

  /** The inboxes at a port (0: Node-RED's own server), or at one of its paths. */
  #at(port: number, path?: string): readonly PushInbox[] {
    return this.#endpoints.get(path === undefined ? String(port) : `${port} ${path}`) ?? [];
  }

  #findEndpoints(): void {
    this.#endpoints.clear();
    for (const inbox of this.#inboxes.values()) {
      const { own, path } = inbox.config.endpoint;
      const port = String(own?.port ?? 0);
      for (const endpoint of [port, `${port} ${endpointPath(path)}`]) {
        this.#endpoints.set(endpoint, [...(this.#endpoints.get(endpoint) ?? []), inbox]);
      }
    }
  }

  /** Answers a request to a port of our own. Never throws. */
  async #serve(port: number, served: ServedRequest): Promise<void> {
    const { request, response, proven } = served;
    request.on(
      "error",
      guarded(() => undefined),
    );
    let name: AnswerName | undefined;
    try {
      name = await this.#answerTo(port, served);
    } catch {
      name = "busy";
    }
    // The sender has disconnected.
    if (name === undefined) return;
    if (name === "taken") proven();
    answer(request, response, name);
  }

  async #answerTo(port: number, { request, wanted }: ServedRequest): Promise<AnswerName | undefined> {
    const ready = this.#ready();
    if (ready !== true && !(await ready)) return "busy";
    const head = checkHead(request, {
      target: readTarget(request.url ?? ""),
      isEndpoint: (path) => this.#at(port, path).length > 0,
      unreadable: (arrival) => this.#unreadable(port, arrival),
      admits: (arrival) => this.#admits(this.#at(port, arrival.path), arrival),
    });
    if (!head.ok) return head.answer;
    wanted();
    const body = new BodyCollector(this.#budget);
    try {
      const read = await readBody(request, body);
      if (read === "tooLarge") this.#unreadable(port, head.arrival);
      if (read !== "read") return read;
      const parse = (): ParsedPush | undefined => {
        head.arrival.bytes = body.bytes.length;
        const push = readPushBody(body.bytes);
        body.release();
        return push;
      };
      return await this.#take(port, parse, head.arrival);
    } finally {
      body.release();
    }
  }

  /** Records a request whose body is no push. */
  #unreadable(port: number, { path, peer, forwarded }: Pick<Arrival, "path" | "peer" | "forwarded">): void {
    for (const { traffic, config } of this.#at(port, path)) {
      traffic?.refused("body", { ip: senderOf(peer, forwarded, config.trustProxy) });
    }
  }

  /** Whether one of several inboxes admits a sender. All of them count a sender that is refused. */
  #admits(inboxes: readonly PushInbox[], arrival: Arrival): boolean {
    if (inboxes.some((inbox) => inbox.senders.admits(arrival))) return true;
    for (const inbox of inboxes) inbox.refuse("sender");
    return false;
  }

  /**
   * Takes a push.
   * @param parse parses it; undefined if it is malformed. Called after a redeploy only: a parsed push takes many times its bytes of memory
   */
  async #take(port: number, parse: () => ParsedPush | undefined, arrival: Arrival): Promise<AnswerName> {
    // A redeploy may have begun while the body was read. The previous nodes would not get the push.
    const ready = this.#ready();
    if (ready !== true && !(await ready)) return "busy";
    const inboxes = this.#at(port, arrival.path);
    if (inboxes.length === 0) return "notFound";
    const push = parse();
    if (push === undefined) {
      this.#unreadable(port, arrival);
      return "malformed";
    }
    const asked = addresseesOf(push, inboxes);
    const [only] = asked;
    if (only !== undefined && asked.length === 1) return summaryOf([await only.receive(push, arrival)]);
    return summaryOf(await Promise.all(asked.map((inbox) => inbox.receive(push, arrival))));
  }

  /** Answers a request to Node-RED's own server. Never rejects. */
  async #shared({ number, body, ...head }: SharedRequest): Promise<void> {
    const arrival: Arrival = { ...head, bytes: body.length };
    let name: AnswerName;
    try {
      const parse = () => (typeof body === "string" ? pushIn(JSON.parse(body)) : readPushBody(body));
      name = await this.#take(0, parse, arrival);
    } catch {
      name = "busy";
    }
    this.#answers.add([number, name]);
  }

  /** Answers a question of the sidebar. Never rejects. */
  async #answerAsk(number: number, account: string, ask: Ask): Promise<void> {
    let answer: Asks[keyof Asks]["answer"] | undefined;
    try {
      answer = await this.#inboxes.get(account)?.answer(ask);
    } catch {
      // A file cannot be read or written: the sidebar gets no answer.
    }
    this.#post({ kind: "answer", number, text: JSON.stringify(answer ?? null) });
  }

  #count(id: string): void {
    this.#changed.add(id);
    this.#countsTimer ??= setTimeout(
      guarded(() => {
        this.#countsTimer = undefined;
        for (const account of this.#changed) {
          const counts = this.#inboxes.get(account)?.counts;
          if (counts !== undefined) this.#post({ kind: "counts", account, counts });
        }
        this.#changed.clear();
      }),
      countsEveryMs,
    ).unref();
  }

  #trouble(id: string, changes: Troubles): void {
    this.#troubles.set(id, { ...this.#troubles.get(id), ...changes });
    this.#reportProblem(id);
  }

  #reportProblem(id: string): void {
    const { port, store } = this.#troubles.get(id) ?? {};
    const problem = port ?? store;
    this.#post({ kind: "problem", account: id, ...(problem && { problem }) });
  }
}

/**
 * The accounts of a path that check a push: those of its customer; of several with the same customer, those whose password signed it. If
 * there is none, all of them count the refusal. Other accounts must not count a push that was not meant for them.
 */
function addresseesOf(push: ParsedPush, inboxes: readonly PushInbox[]): readonly PushInbox[] {
  if (inboxes.length === 1) return inboxes;
  const customer = customerOf(push.authentication);
  const own = inboxes.filter(({ config }) => config.signer.customer === customer);
  // The digest is calculated only where the customer does not decide.
  const signers = own.length > 1 ? own.filter((inbox) => inbox.hasSigned(push)) : own;
  return [signers, own].find(({ length }) => length > 0) ?? inboxes;
}

/** The answer if several accounts share a path: accepted if one accepted the push and none is busy. */
function summaryOf(verdicts: readonly Verdict[]): AnswerName {
  if (verdicts.some(({ kind }) => kind === "busy")) return "busy";
  return verdicts.some(({ kind }) => kind === "taken") ? "taken" : "notAuthentic";
}

const sameServer = (one: OwnPort, other: OwnPort): boolean =>
  one.port === other.port &&
  one.host === other.host &&
  JSON.stringify(one.tls ?? null) === JSON.stringify(other.tls ?? null);
