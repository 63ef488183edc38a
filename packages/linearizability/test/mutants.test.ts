import { describe, expect, it } from 'vitest'
import * as checker from '../src/index.js'
import { draw, findDisagreement } from './agreement.js'
import { importMutant, type Mutant } from './mutant.js'

const comparisons = draw(600)

const mutants: Readonly<Record<string, Mutant>> = {
  'the order in real time is not kept: an operation may come before one that had ended': {
    file: 'event-order.ts',
    original: 'callAt(required[k] as number) <= returnTime(rank)',
    replacement: 'true',
  },
  'operations that touch are taken to be in order': {
    file: 'event-order.ts',
    original: 'callAt(required[k] as number) <= returnTime(rank)',
    replacement: 'callAt(required[k] as number) < returnTime(rank)',
  },
  'an operation of unknown outcome takes effect before its call': {
    file: 'event-order.ts',
    original: 'returnsBefore[j] = rank',
    replacement: 'returnsBefore[j] = 0',
  },
  'an operation of unknown outcome never takes effect': {
    file: 'search.ts',
    original: 'if (m > 0 && machine.takesUnknown?.(now.state) !== false) {',
    replacement: 'if (false) {',
  },
  'an operation of unknown outcome takes effect only where an answered one can follow at once': {
    file: 'search.ts',
    original: 'phase === HELPFUL && !canFollow(to)',
    replacement: '!canFollow(to)',
  },
  'an operation of unknown outcome takes effect more than once': {
    file: 'search.ts',
    original: 'if (isUsed(nextOptional)) continue',
    replacement: '',
  },
  'a configuration that was left is forgotten in part: the state stays': {
    file: 'search.ts',
    original: 'now.state = statesBefore[depth] as number',
    replacement: '',
  },
  'an operation that is taken back does not return to the list': {
    file: 'search.ts',
    original: 'relink(next, previous, operation)',
    replacement: '',
  },
  'after turning back, the next operation is skipped': {
    file: 'search.ts',
    original: 'entry = next[chosen] as number',
    replacement: 'entry = next[next[chosen] as number] as number',
  },
  'the first order that fails is the verdict': {
    file: 'search.ts',
    original: '} else if (depth === 0) {',
    replacement: '} else if (depth >= 0) {',
  },
  'of operations that do the same, none but the first is tried': {
    file: 'search.ts',
    original: 'if (same !== NONE && !isUsed(same)) continue',
    replacement: 'if (same !== NONE) continue',
  },
  'any configuration is hopeless once one was': {
    file: 'search.ts',
    original: 'barred = machine.step(to, required[killer] as number) === HOPELESS',
    replacement: 'barred = true',
  },
  'an operation that has taken effect still makes configurations hopeless': {
    file: 'search.ts',
    original: 'killer !== NONE && killer !== chosen && !isDone(killer)',
    replacement: 'killer !== NONE',
  },
  'linearizable in one key is linearizable': {
    file: 'check.ts',
    original: '} else if (!result.found) {',
    replacement: '} else if (!result.found && linearizations.length === 0) {',
  },
  'the shortest prefix is whatever the search stumbled on': {
    file: 'explain.ts',
    original: 'tooMany - explained > 1',
    replacement: 'false && tooMany - explained > 1',
  },
  'a prefix keeps the answers that come after it': {
    file: 'explain.ts',
    original: 'kept.has(each) || each.output === undefined ? each : withoutAnswer(each)',
    replacement: 'each',
  },
  'a compare-and-set that failed has seen nothing': {
    file: 'models/register.ts',
    original: 'return first[index] === state ? REFUSED : state',
    replacement: 'return state',
  },
  'a compare-and-set of unknown outcome always sets': {
    file: 'models/register.ts',
    original: 'return first[index] === state ? (second[index] as number) : state',
    replacement: 'return second[index] as number',
  },
  'of registers there is one, whatever their keys': {
    file: 'models/register.ts',
    original: "key: ({ key }) => key ?? ''",
    replacement: "key: () => ''",
  },
  'a text is compared by its length': {
    file: 'models/kv-append.ts',
    original: '|| !ropes.isPrefix(state, chains.longest[chain] as string, chain)',
    replacement: '',
  },
  'a text is compared by its last piece': {
    file: 'models/kv-append.ts',
    original: 'holds &&= text',
    replacement: 'holds = text',
  },
  'texts that are replaced are taken to grow': {
    file: 'models/kv-append.ts',
    original: 'isPut.includes(1) ? REFUSED : HOPELESS',
    replacement: 'HOPELESS',
  },
  'all texts that were read are taken to be of one chain': {
    file: 'models/kv-append.ts',
    original: '!text.startsWith(this.longest[chain] as string)',
    replacement: 'false',
  },
  'the revision in an answer is not looked at': {
    file: 'models/etcd.ts',
    original: 'if (after !== undefined && states.revision(after) === output.revision) return after',
    replacement: 'if (after !== undefined) return after',
  },
  'an answer that does not fit is final, though the revision may come': {
    file: 'models/etcd.ts',
    original: 'return before === output.revision ? HOPELESS : REFUSED',
    replacement: 'return HOPELESS',
  },
  'each operation of a transaction has a revision of its own': {
    file: 'models/etcd.ts',
    original: 'states.changed(state, map) : state',
    replacement: 'operations.reduce((each) => states.changed(each, map), state) : state',
  },
  'a transaction that takes back what it did changes nothing': {
    file: 'models/etcd.ts',
    original: 'return changed ?',
    replacement: 'return map !== states.map(state) ?',
  },
  'a transaction that deletes nothing has a revision': {
    file: 'models/etcd.ts',
    original: 'if (next !== map) changed = true',
    replacement: 'changed = true',
  },
  'reads in a transaction see what was before it': {
    file: 'models/etcd.ts',
    original: 'const next = apply(states, map, revision',
    replacement:
      'const next = apply(states, (operations[index] as EtcdOperation).type === "range" ? states.map(state) : map, revision',
  },
  'a compare of the value of a key that is not there holds': {
    file: 'models/etcd.ts',
    original: "compare.target !== 'value' && test",
    replacement: 'test',
  },
  'a compare of a range holds when it holds for one key': {
    file: 'models/etcd.ts',
    original: 'return keys.every((key) => {',
    replacement: 'return keys.some((key) => {',
  },
  'the version of a key counts on after it was deleted': {
    file: 'models/etcd-states.ts',
    original: 'version: before === 0 ? 1 : version + 1',
    replacement: 'version: before === 0 ? 2 : version + 1',
  },
  'a range includes its end': {
    file: 'models/etcd-states.ts',
    original: 'number < end; number++',
    replacement: 'number <= end; number++',
  },
  'what was seen of a key is taken to hold for one revision more': {
    file: 'models/etcd-evidence.ts',
    original: 'before.until >= revision) return false',
    replacement: 'before.until + 1 >= revision) return false',
  },
  'a key that was gone later is taken to have been gone all the time': {
    file: 'models/etcd-evidence.ts',
    original: 'count(deletes, revision, goneUntil) > 0 ||',
    replacement: '',
  },
  'a transaction is taken not to put again what it deleted': {
    file: 'models/etcd-evidence.ts',
    original: '? Infinity : next.createRevision',
    replacement: '? Infinity : next.createRevision - 1',
  },
  'a value is taken to be from the first operation that put it': {
    file: 'models/etcd-evidence.ts',
    original: '=== index ? index : several',
    replacement: '=== index ? index : (putters.get(what) as number)',
  },
  'trees that differ on the left are the same': {
    file: 'models/pairs.ts',
    original: 'const key = left * 0x400_0000 + right',
    replacement: 'const key = right',
  },
}

describe('a checker with a known mistake is found out by histories whose verdict is known', () => {
  it('and the checker without one is not', () => {
    expect(findDisagreement(checker, comparisons)).toBeUndefined()
  })

  for (const [mistake, mutant] of Object.entries(mutants)) {
    it(`${mistake}`, async () => {
      expect(findDisagreement(await importMutant(mutant), comparisons)).toBeDefined()
    })
  }
})
