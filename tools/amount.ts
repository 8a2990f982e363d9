// The size of tests that can run any number of times: runs of a property, kills of a process, messages.

/**
 * @param usual a number that takes seconds, for `npm test`
 * @param whole a number that finds rare faults, for `npm run test:long`, which sets SCCC_TEST_WHOLE
 */
export const amount = (usual: number, whole: number): number => (process.env.SCCC_TEST_WHOLE === "1" ? whole : usual);
