// Contenders take turns, so that what else runs on the machine disturbs all of them alike.

/** What each round of each gave. One that fails has no figure; the others have theirs. */
export async function takeTurns<Contender, Run>(
  contenders: Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<Run>,
): Promise<Map<Contender, Run[]>> {
  const runs = new Map<Contender, Run[]>(contenders.map(contender => [contender, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      try {
        runs.get(contender)?.push(await measure(contender));
      } catch (error) {
        console.error(error);
        process.exitCode = 1;
      }
    }
  }
  return runs;
}
