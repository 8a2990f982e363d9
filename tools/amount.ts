// How much a test does that may do any amount: runs of a property, lives of a process that is killed, messages.

/**
 * @param usual as much as fits into seconds, for `npm test`
 * @param whole as much as it takes to find what is rare, for `npm run test:long`, which sets SCCC_TEST_WHOLE
 */
export const amount = (usual: number, whole: number): number => (process.env.SCCC_TEST_WHOLE === "1" ? whole : usual);
