import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { abort } from '../src/chaos/proxy/abort.js'
import { clients, ProxyNetwork } from '../src/chaos/proxy/proxy-network.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'

/** Long enough for what must not happen to happen. */
const whileMs = 150

/** A node that sends back what it gets, and tells of what happened to its connections. */
class Echo {
  readonly got: string[] = []
  readonly ends: string[] = []
  readonly sockets: Socket[] = []
  readonly #server: Server

  constructor(port: number) {
    this.#server = createServer((socket) => {
      this.sockets.push(socket)
      socket.setEncoding('utf8').on('data', (text: string) => {
        this.got.push(text)
        socket.write(text)
      })
      socket.on('end', () => this.ends.push('end'))
      socket.on('error', ({ code }: NodeJS.ErrnoException) => this.ends.push(code ?? ''))
    }).listen(port, '127.0.0.1')
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
  }
}

class Dialer {
  text = ''
  readonly ends: string[] = []
  readonly socket: Socket

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setEncoding('utf8').on('data', (text: string) => (this.text += text))
    this.socket.on('error', ({ code }: NodeJS.ErrnoException) => this.ends.push(code ?? ''))
    this.socket.on('end', () => this.ends.push('end'))
  }

  async gets(text: string): Promise<void> {
    while (this.text !== text) await sleep(5)
  }
}

describe('a proxy between nodes', () => {
  let network: ProxyNetwork
  let echo: Echo
  let ports: readonly number[]
  let pids: Map<string, number>
  const children: ChildProcess[] = []

  beforeEach(async () => {
    ports = await freeLoopbackPorts(8)
    pids = new Map([['a', process.pid]])
    const nodes = ['a', 'b'].map((id, index) => {
      const [peer, peerProxy, client, clientProxy] = ports.slice(4 * index) as [number, number, number, number]
      return { id, peer: { listen: peer, proxy: peerProxy }, client: { listen: client, proxy: clientProxy } }
    })
    network = await ProxyNetwork.open(nodes, () => pids)
    echo = new Echo(ports[4] as number)
  })

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    echo.close()
    await network.close()
  })

  const dial = (): Dialer => new Dialer(ports[5] as number)

  it('hands on what one node sends another, counts it, and tells who dialed by the process that holds the connection', async () => {
    const dialer = dial()
    dialer.socket.write('hello')
    await dialer.gets('hello')
    expect(network.link('a', 'b')).toMatchObject({ passedBytes: 5, heldBytes: 0 })
    expect(network.link('b', 'a')).toMatchObject({ passedBytes: 5, heldBytes: 0 })
    dialer.socket.end()
    await once(dialer.socket, 'close')
    expect(echo.ends).toEqual(['end'])

    const stranger =
      'require("net").connect(+process.argv[1], "127.0.0.1").on("error", e => process.stdout.write(e.code))'
    const child = spawn(process.execPath, ['-e', stranger, String(ports[5])])
    children.push(child)
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(String(said)).toBe('ECONNRESET')
    expect(network.unidentified).toBe(1)
  })

  it('holds back what one sends on a link that is cut, while the other way is whole, until it is mended', async () => {
    const dialer = dial()
    dialer.socket.write('1')
    await dialer.gets('1')
    const mend = network.link('b', 'a').cut()
    dialer.socket.write('2')
    await sleep(whileMs)
    expect(echo.got.join('')).toBe('12')
    expect(dialer.text).toBe('1')
    expect(network.link('b', 'a')).toMatchObject({ passedBytes: 1, heldBytes: 1 })
    mend()
    await dialer.gets('12')
  })

  it('tells nobody beyond a cut that a connection is lost, and tells them once it is mended', async () => {
    const dialer = dial()
    dialer.socket.write('1')
    await dialer.gets('1')
    const mend = network.link('a', 'b').cut()
    dialer.socket.resetAndDestroy()
    await sleep(whileMs)
    expect(echo.ends).toEqual([])
    mend()
    while (echo.ends.length === 0) await sleep(5)
    expect(echo.ends).toEqual(['ECONNRESET'])
  })

  it('makes no connection while either way is cut', async () => {
    const mend = network.link('b', 'a').cut()
    const dialer = dial()
    dialer.socket.write('1')
    await sleep(whileMs)
    expect(echo.sockets).toEqual([])
    expect(network.link('b', 'a').heldConnections).toBe(1)
    mend()
    await dialer.gets('1')
  })

  it('keeps a link cut while one of two cuts lasts', async () => {
    const [first, second] = [network.link('a', 'b').cut(), network.link('a', 'b').cut()]
    first()
    first()
    expect(network.link('a', 'b').isCut).toBe(true)
    second()
    expect(network.link('a', 'b').isCut).toBe(false)
  })

  it('delays bytes, and keeps their order', async () => {
    const dialer = dial()
    dialer.socket.write('1')
    await dialer.gets('1')
    const undo = network.link('a', 'b').delay(200)
    dialer.socket.write('2')
    const sentMs = performance.now()
    await sleep(20)
    undo()
    dialer.socket.write('3')
    await dialer.gets('123')
    expect(performance.now() - sentMs).toBeGreaterThan(199)
    expect(network.link('a', 'b').delayedBytes).toBe(1)
  })

  it('loses connections: both ends learn of it, and new ones are made', async () => {
    const dialer = dial()
    dialer.socket.write('1')
    await dialer.gets('1')
    expect(network.reset('a', 'b')).toBe(1)
    while (echo.ends.length === 0 || dialer.ends.length === 0) await sleep(5)
    expect([echo.ends, dialer.ends]).toEqual([['ECONNRESET'], ['ECONNRESET']])
    const again = dial()
    again.socket.write('2')
    await again.gets('2')
  })

  it('refuses whom it cannot connect, and keeps no more than the window of one that takes nothing', async () => {
    const refused = new Dialer(ports[1] as number)
    pids = new Map([['b', process.pid]])
    while (refused.ends.length === 0) await sleep(5)
    expect(refused.ends).toEqual(['ECONNRESET'])

    pids = new Map([['a', process.pid]])
    const dialer = dial()
    dialer.socket.write('1')
    await dialer.gets('1')
    network.link('a', 'b').cut()
    const whole = Buffer.alloc(64 * 1024 * 1024)
    dialer.socket.write(whole)
    await sleep(whileMs)
    expect(network.link('a', 'b').heldBytes).toBeLessThan(4 * 1024 * 1024)
  })

  it('closes a connection that is lost just when it ends in good order', async () => {
    const socket = connect(ports[4] as number, '127.0.0.1')
    await once(socket, 'connect')
    socket.end()
    // By then the system has been asked to end it, and has not done so.
    await Promise.resolve()
    const closed = once(socket, 'close')
    abort(socket)
    await closed
  })

  it('stands before the clients’ port, too', async () => {
    const client = new Echo(ports[6] as number)
    const dialer = new Dialer(ports[7] as number)
    dialer.socket.write('1')
    await dialer.gets('1')
    expect(network.link(clients, 'b').passedBytes).toBe(1)
    client.close()
  })
})
