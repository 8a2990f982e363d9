// What each command does. Commands of the catalogue that are missing here are accepted and echoed.
import type { ErrorCode } from "../nodes/catalogue";
import type { Agent, Cause, WorkStatus } from "./agents";
import { trunks } from "./calls";
import { type Fields, isNumber } from "./checks";
import { errors } from "./errors";
import { cdrOf, type Entry, recordOf } from "./ledger";
import type { Json } from "./narrow";
import type { Platform } from "./platform";
import { randomOf } from "./random";
import { dayOf, instantOf } from "./times";

/** The content of a command's answer: fields of its response, and fields next to the response. */
export type Reply =
  | { readonly ok: true; readonly response?: Json; readonly beside?: Json }
  | { readonly ok: false; readonly error: ErrorCode };

type Handler = (platform: Platform, fields: Fields, cause: Cause) => Reply;

const done: Reply = { ok: true };
const refused = (error: ErrorCode): Reply => ({ ok: false, error });

/** A handler of a command for an agent. For every command, it was checked before that the agent exists. */
const ofAgent =
  (handle: (platform: Platform, agent: Agent, cause: Cause, fields: Fields) => Reply): Handler =>
  (platform, fields, cause) => {
    const agent = platform.agents.find(fields.text("agent"));
    return agent === undefined ? refused(errors.noSuchAgent) : handle(platform, agent, cause, fields);
  };

const work = (workStatus: WorkStatus): Handler =>
  ofAgent(({ agents }, agent, cause) => {
    agents.work(agent, workStatus, cause);
    return done;
  });

/** The same, for agents that are logged in. */
const workIfOnline = (workStatus: WorkStatus): Handler =>
  ofAgent(({ agents }, agent, cause) => {
    if (agent.workStatus === "OFFLINE") return refused(errors.notAllowed);
    agents.work(agent, workStatus, cause);
    return done;
  });

const callNumber = ofAgent(({ agents, calls }, agent, cause, fields) => {
  if (agent.workStatus === "OFFLINE") return refused(errors.notAllowed);
  if (agent.onCall) return refused(errors.inUse);
  const number = fields.text("callee");
  // Service 3 is an internal call, 1 an outbound one.
  const service = agents.find(number) === undefined ? "1" : "3";
  const trunk = fields.text("caller") || trunks[0];
  calls.begin({ course: "agentFirst", agent, number, trunk, service, cause });
  return done;
});

const voiceVerify: Handler = ({ calls }, fields, cause) => {
  const number = fields.text("callee");
  calls.begin({ course: "verify", agent: undefined, number, trunk: trunks[0], service: "19", cause });
  return done;
};

const createTask = ofAgent(({ tasks }, agent, cause, fields) => {
  const callers = fields.list("callers");
  if (callers.some((caller) => !trunks.some((trunk) => trunk === caller))) return refused(errors.notOurNumber);
  const { id, report } = tasks.create({
    of: agent,
    name: fields.text("taskName"),
    mode: fields.text("mode"),
    callers,
    callees: fields.list("callees"),
    cause,
  });
  return { ok: true, response: { taskID: id, report } };
});

const controlTask: Handler = ({ tasks }, fields, cause) => {
  const taskID = fields.text("taskID");
  const action = fields.text("action") === "stop" ? "stop" : "start";
  return tasks.control(taskID, action, cause) ? { ok: true, response: { taskID } } : refused(errors.notFound);
};

const addNumbers: Handler = ({ tasks }, fields, cause) => {
  const taskID = fields.text("taskID");
  const report = tasks.add(taskID, fields.list("callees"), cause);
  return report === undefined ? refused(errors.notFound) : { ok: true, response: { taskID, report } };
};

/** Duration of a voice file, in seconds. Its content is not simulated. */
const voiceFile = 12;

/** Plays a voice file to every number. Each call is billed; there are no other pushes. */
const voiceNotification: Handler = ({ calls }, fields, cause) => {
  const legal = fields.list("callees").filter((number) => isNumber(number));
  if (legal.length === 0) return refused(errors.badNumber);
  const talk = voiceFile * Math.max(1, Number(fields.text("cyclePlayTimes")));
  for (const number of new Set(legal)) {
    calls.begin({
      course: "verify",
      agent: undefined,
      number,
      trunk: trunks[0],
      service: "4",
      cause,
      outcome: { talk },
    });
  }
  return done;
};

/**
 * Creates a task of a group: the customer is called, hears the voice file, and is connected to a free agent. Every agent belongs to every
 * group.
 */
const createVoiceTask: Handler = ({ tasks }, fields, cause) => {
  const { id, report } = tasks.create({
    of: { group: fields.text("agentGroup"), atOnce: Math.max(1, Number(fields.text("maxConcurrence"))) },
    name: fields.text("taskName"),
    mode: voiceThenAgent,
    callers: [],
    callees: fields.list("callees"),
    cause,
  });
  return { ok: true, response: { taskID: id, report } };
};

/** The number of the mode that plays a voice file and then connects an agent. */
const voiceThenAgent = "4";

const login: Handler = ({ settings }, fields, cause) => {
  const [customer, user] = [fields.text("customerName"), fields.text("userName")];
  if (customer !== settings.customer) return refused(errors.notAuthentic);
  const random = randomOf(settings.seed, "token", customer, user, cause.seq);
  const token = Array.from({ length: 32 }, () => random.integer(0, 15).toString(16)).join("");
  return { ok: true, response: { token } };
};

/** A filter of entries by a field of the request; every entry passes if the field is empty. */
const by = (text: string, test: (entry: Entry) => boolean) => (text === "" ? () => true : test);

/** The requested time span; by default today. It was checked before that both ends are given or neither. */
const spanOf = (start: string, end: string, now: number) => {
  const from = instantOf(start);
  const to = instantOf(end);
  return from === undefined || to === undefined ? dayOf(now) : { from, to };
};

const getCdrList: Handler = ({ ledger, clock }, fields) => {
  const span = spanOf(fields.text("startTime"), fields.text("endTime"), clock.date());
  const [serviceType, caller, callee] = [fields.text("serviceType"), fields.text("caller"), fields.text("callee")];
  const [shortest, longest] = [fields.text("timeLengthMin"), fields.text("timeLengthMax")];
  const agents = new Set(fields.list("agent"));
  const tests = [
    ({ facts }: Entry) => facts.startAt >= span.from && facts.startAt <= span.to,
    ({ facts }: Entry) => agents.size === 0 || agents.has(facts.agent),
    by(serviceType, ({ facts }) => facts.service === serviceType),
    by(caller, ({ facts }) => facts.caller === caller),
    by(callee, ({ facts }) => facts.callee === callee),
    by(shortest, ({ duration }) => duration >= Number(shortest)),
    by(longest, ({ duration }) => duration <= Number(longest)),
  ];
  const cdr = ledger.cdrs.filter((entry) => tests.every((test) => test(entry))).map(cdrOf);
  return { ok: true, response: { total: String(cdr.length), cdr } };
};

/** The handlers by ApiName, in the vendor's spelling. */
export const handlers: Readonly<Record<string, Handler>> = {
  VoiceVerify: voiceVerify,
  AgentQueryStatus: ofAgent(({ agents }, agent, cause) => {
    agents.report(agent, cause);
    return done;
  }),
  getAgentStatus: ofAgent((_, { workStatus, serverStatus }) => ({ ok: true, response: { workStatus, serverStatus } })),
  getAgentInfo: ({ agents }) => ({
    ok: true,
    response: { data: agents.all().map(({ id, name, staffNo }) => ({ id, name, staffNo })) },
  }),
  AgentLogin: work("ONLINE"),
  AgentLogout: work("OFFLINE"),
  AgentSetBusy: workIfOnline("BUSY"),
  AgentSetIdle: workIfOnline("ONLINE"),
  CallNumber: callNumber,
  HangupCall: ofAgent(({ calls }, agent) => (calls.hangUp(agent.staffNo) ? done : refused(errors.notFound))),
  CallTaskCreate: createTask,
  // For an agent without a task, taskID is empty; the vendor's sample does not show this case.
  CallTaskQuery: ({ tasks }, fields) => ({
    ok: true,
    response: { taskID: tasks.of(fields.text("agent"))?.id ?? "" },
  }),
  CallTaskControl: controlTask,
  CallTaskAddNumbers: addNumbers,
  // In the vendor's sample, the records stand next to the response, not in it (§20.5).
  getRecordsList: ({ ledger }, fields) => ({
    ok: true,
    beside: { record: ledger.page(Number(fields.text("startKey"))).map(recordOf) },
  }),
  getCdrList,
  VoiceNotifaction: voiceNotification,
  callTaskCreateByVoiceTransferAgent: createVoiceTask,
  login,
};
