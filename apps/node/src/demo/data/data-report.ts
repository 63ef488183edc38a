import { formatDuration } from '../../run/duration.js'
import { plain, renderTable, type Paint } from '../../status/table.js'
import type { DataDemo, DataFault } from './play-data.js'

const done: Readonly<Record<DataFault['fault'], string>> = {
  kill: 'killed',
  pause: 'paused',
  stop: 'stopped',
}

/** What was measured and what was read back, for people. */
export function dataText(demo: DataDemo, paint: Paint = plain): string {
  const { holds, nodes, faults, revision, acknowledged, lost, diverged, failed, failedButPresent, differs } = demo
  const head = ['FAULT', 'NO WRITE', 'THEN AT MOST', 'FAILED', 'NEXT LEADER', 'GOT BACK']
  const rows = faults.map((each) => [
    `${each.node}, leader, ${done[each.fault]}`,
    `for ${formatDuration(each.unavailableMs)}`,
    `for ${formatDuration(each.laterUnavailableMs)}`,
    String(each.failedWrites),
    each.leader,
    `in ${formatDuration(each.recoveredMs)}`,
  ])
  const mark = (holds: boolean): string => (holds ? paint('green', '✓') : paint('red', '✗'))
  const read = `read back from all ${nodes} nodes, linearizably and serializably`
  const at = `at revision ${revision}, by content and by hash`
  return [
    '',
    renderTable([head, ...rows], paint).trimEnd(),
    ...[
      'No write: how long none was acknowledged, by a writer at each node that was not hit, until all of them went on;',
      'then, until the node was back. A write has failed when it was refused or its outcome is unknown.',
    ].map((line) => paint('dim', line)),
    '',
    lost === 0
      ? `  ${mark(true)} durability: each of ${acknowledged} acknowledged writes is ${read}`
      : `  ${mark(false)} durability: ${lost} of ${acknowledged} acknowledged writes are not ${read}`,
    diverged === 0
      ? `  ${mark(true)} replicas: all nodes hold the same ${at}`
      : `  ${mark(false)} replicas: the nodes do not hold the same ${at}: ${diverged} differences`,
    `  · ${failed} writes failed: their node did not run, or their outcome was unknown. Carried out all the same: ${failedButPresent}.`,
    paint('dim', '    They count neither as acknowledged nor as lost.'),
    ...differs.map((difference) => `  differs: ${difference}`),
    '',
    holds ? 'Nothing that was acknowledged is lost.' : 'Not all is as it has to be.',
  ].join('\n')
}

export function dataJson({ nodes, faults, acknowledged, lost, diverged }: DataDemo): object {
  return {
    nodes,
    faults: faults.map(({ fault, unavailableMs, failedWrites }) => ({
      fault,
      unavailableMs: Math.round(unavailableMs * 10) / 10,
      failedWrites,
    })),
    acknowledged,
    lost,
    diverged,
  }
}
