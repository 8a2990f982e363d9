// The error codes that the simulator returns; names, values and texts come from the catalogue.
import { type ErrorCode, errorOfName } from "../nodes/catalogue";

/** The error code of a name that must be in the catalogue. */
const named = (name: string): ErrorCode => {
  const code = errorOfName(name);
  if (code === undefined) throw new Error(`the catalogue has no error code ${name}`);
  return code;
};

export const errors = {
  success: named("E_SUCC"),
  notAuthentic: named("E_S_AUTH_FAIL"),
  malformed: named("E_C_INVALID_MSG"),
  unknownVersion: named("E_C_UNSUPPORT_API_VERSION"),
  unknownRequest: named("E_C_UNSUPPORT_API_REQUEST"),
  badField: named("E_G_INVALID_PARAM"),
  inUse: named("E_G_RES_IN_USE"),
  internal: named("E_G_INTER_ERROR"),
  notFound: named("E_G_RES_NOT_EXIST"),
  notAllowed: named("E_G_INVALID_OPT"),
  noSuchAgent: named("E_G_STAFF_NO_EXIST"),
  badNumber: named("E_G_NUMBER_INVALID"),
  notOurNumber: named("E_G_DID_NO_EXIST"),
  tooFrequent: named("E_G_API_TO_FREQUENTLY"),
} as const;
