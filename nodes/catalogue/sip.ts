// Texts for SIP codes (RFC 3261 section 21): why a call ended, in a CDR's releaseCause (§24.5).

/** The codes that calls can end with. */
export const sipCauses: ReadonlyMap<string, string> = new Map([
  ["200", "normal clearing"],
  ["400", "bad request"],
  ["401", "unauthorized"],
  ["403", "forbidden"],
  ["404", "not found"],
  ["408", "request timeout"],
  ["410", "gone"],
  ["480", "temporarily unavailable"],
  ["481", "call does not exist"],
  ["484", "address incomplete"],
  ["486", "busy here"],
  ["487", "request terminated"],
  ["488", "not acceptable here"],
  ["500", "server internal error"],
  ["501", "not implemented"],
  ["502", "bad gateway"],
  ["503", "service unavailable"],
  ["504", "server timeout"],
  ["600", "busy everywhere"],
  ["603", "declined"],
  ["604", "does not exist anywhere"],
]);
