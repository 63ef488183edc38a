import { readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Workbench } from './support/quorate.js'

const program = fileURLToPath(new URL('../bin/quorate.js', import.meta.url))
const bench = new Workbench()
afterAll(() => bench.close())

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

describe('the command line', () => {
  it('says its version', async () => {
    expect(await bench.run(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it('says what commands there are', async () => {
    const { code, stdout, stderr } = await bench.run(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const command of ['start', 'status', 'run', 'demo', 'simulate', 'check-history'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  })

  it("says what a command's flags are, with examples", async () => {
    const asked = await bench.run(['help', 'start'])
    const same = await bench.run(['start', '-help'])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(same.stdout).toBe(asked.stdout)
    expect(asked.stdout).toContain('--initial-advertise-peer-urls <urls>')
    expect(asked.stdout).toContain('quorate start --name n1')
  })

  it('without a command prints what there is as an error', async () => {
    const { code, stdout, stderr } = await bench.run([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: quorate')
  })

  const misuses: [title: string, args: string[], says: string][] = [
    ['a command that is mistyped', ['strat'], "QUORATE_USAGE: unknown command 'strat' (Did you mean start?)"],
    ['an argument that no command takes', ['start', 'n1'], 'QUORATE_USAGE: too many arguments'],
    [
      'a flag that is mistyped',
      ['start', '--initial-clusters', 'n1=http://localhost:2380'],
      'QUORATE_UNKNOWN_FLAG: there is no flag --initial-clusters; did you mean --initial-cluster?',
    ],
    ['a flag without its value', ['start', '--name'], 'QUORATE_USAGE: --name needs a value'],
    [
      'a mistyped flag of status',
      ['status', '--endpoint', 'x'],
      "QUORATE_USAGE: unknown option '--endpoint' (Did you mean --endpoints?)",
    ],
    [
      'a number of status that is none',
      ['status', '--timeout', 'soon'],
      "QUORATE_USAGE: option '--timeout <ms>' argument 'soon' is invalid",
    ],
  ]

  it.each(misuses)('refuses %s with exit code 2', async (_title, args, says) => {
    const { code, stdout, stderr } = await bench.run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^quorate: QUORATE_[A-Z_]+: [^\n]+\n$/)
    expect(stderr).toContain(`quorate: ${says}`)
  })

  it('ends quietly when nobody reads what it prints any more', async () => {
    const child = spawn(process.execPath, [program, 'help', 'start'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' })
  })
})
