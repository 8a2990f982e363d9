// Every command of this folder. Written by `npm run build`; a test fails if it is stale.
import { agentLogin } from "./agent-login";
import { agentLogout } from "./agent-logout";
import { agentQueryStatus } from "./agent-query-status";
import { agentSetBusy } from "./agent-set-busy";
import { agentSetIdle } from "./agent-set-idle";
import { callNumber } from "./call-number";
import { callTaskAddNumbers } from "./call-task-add-numbers";
import { callTaskControl } from "./call-task-control";
import { callTaskCreate } from "./call-task-create";
import { callTaskQuery } from "./call-task-query";
import { getAgentInfo } from "./get-agent-info";
import { getAgentStatus } from "./get-agent-status";
import { getCdrList } from "./get-cdr-list";
import { getRecordsList } from "./get-records-list";
import { hangupCall } from "./hangup-call";
import { voiceVerify } from "./voice-verify";

export const all = [
  agentLogin,
  agentLogout,
  agentQueryStatus,
  agentSetBusy,
  agentSetIdle,
  callNumber,
  callTaskAddNumbers,
  callTaskControl,
  callTaskCreate,
  callTaskQuery,
  getAgentInfo,
  getAgentStatus,
  getCdrList,
  getRecordsList,
  hangupCall,
  voiceVerify,
] as const;
