import { createServer, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { getFrame, keysFrame, putFrame, readFound, readStatus } from '../src/kv/etcd-requests.js'
import { GrpcClient } from '../src/kv/grpc-client.js'
import { LoadConnection, type Answer } from '../src/kv/load-connection.js'
import { bytesField, grpcFrame, numberField, readFields } from '../src/kv/protobuf.js'

describe('requests', () => {
  it('are the bytes that protobuf and gRPC define', () => {
    expect(putFrame('k', 'v').toString('hex')).toBe('0000000006' + '0a016b' + '120176')
    expect(getFrame('k').toString('hex')).toBe('0000000003' + '0a016b')
    expect(keysFrame('a', 'b', 300).toString('hex')).toBe('000000000b' + '0a0161' + '120162' + '18ac02' + '4001')
  })

  it('carry lengths beyond one byte', () => {
    expect(putFrame('k', 'v'.repeat(256)).subarray(0, 11).toString('hex')).toBe('0000000106' + '0a016b' + '128002')
  })
})

describe('answers', () => {
  const header = bytesField(1, Buffer.concat([numberField(2, 7), numberField(3, 1_000_000)]))

  it('tell the revision, keys and how long values are', () => {
    const pair = Buffer.concat([bytesField(1, 'k'), numberField(2, 5), bytesField(5, 'value')])
    const message = Buffer.concat([header, bytesField(2, pair), bytesField(2, bytesField(1, 'l')), numberField(3, 1)])
    expect(readFound(message)).toEqual({ revision: 1_000_000, keys: ['k', 'l'], valueBytes: [5, 0], more: true })
    expect(readFound(header)).toEqual({ revision: 1_000_000, keys: [], valueBytes: [], more: false })
  })

  it('tell who answers and who leads, with all 64 bits', () => {
    const id = Buffer.from('20ffffffffffffffffff01', 'hex')
    expect(readStatus(Buffer.concat([header, id]))).toEqual({ memberId: 7n, leaderId: 0xffff_ffff_ffff_ffffn })
  })

  it('that end too early are refused', () => {
    expect(() => readFields(Buffer.from('0a05ff', 'hex'))).toThrow(RangeError)
    expect(() => readFields(Buffer.from('08ff', 'hex'))).toThrow(RangeError)
    expect(() => readFields(Buffer.from('0b', 'hex'))).toThrow('wire type 3')
  })
})

describe('against a server of gRPC', () => {
  const servers: Pick<Server, 'close'>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  /** Answers each request with its own message, but refuses one that is `refused`. */
  async function echo(): Promise<number> {
    const server = createServer()
    servers.push(server)
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const framed = headers[':path'] === '/echo' && headers['te'] === 'trailers' && headers['content-type']
        answer(stream, framed === 'application/grpc' ? Buffer.concat(chunks) : Buffer.alloc(0))
      })
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return (server.address() as AddressInfo).port
  }

  function answer(stream: ServerHttp2Stream, body: Buffer): void {
    if (body.subarray(5).toString() === 'silence') return
    if (body.length === 0 || body.subarray(5).toString() === 'refused') {
      stream.respond({ 'grpc-status': '14', 'grpc-message': 'no leader' }, { endStream: true })
      return
    }
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(body)
  }

  it('a call returns the message, or fails with the text of the refusal, or at its deadline', async () => {
    const client = new GrpcClient(`http://127.0.0.1:${await echo()}`)
    expect((await client.call('/echo', grpcFrame(Buffer.from('hello')), 5_000)).toString()).toBe('hello')
    await expect(client.call('/echo', grpcFrame(Buffer.from('refused')), 5_000)).rejects.toThrow('no leader')
    await expect(client.call('/echo', grpcFrame(Buffer.from('silence')), 20)).rejects.toThrow('no answer in 20 ms')
    client.close()
  })

  it('a load is answered in full, also when it is more than the windows hold, and refusals have no bytes', async () => {
    const port = await echo()
    const bodies = Array.from({ length: 300 }, (_, index) =>
      grpcFrame(index % 100 === 0 ? Buffer.from('refused') : Buffer.alloc(20_000, index)),
    )
    const left = [...bodies]
    const answers: Answer[] = []
    const connection = new LoadConnection(
      port,
      '/echo',
      7,
      () => left.shift(),
      (each) => answers.push(each),
    )
    await connection.run()
    connection.close()
    expect(answers).toHaveLength(300)
    expect(answers.filter(({ dataBytes }) => dataBytes === 0)).toHaveLength(3)
    expect(answers.filter(({ dataBytes }) => dataBytes === 20_005)).toHaveLength(297)
    expect(answers.every(({ latencyMs }) => latencyMs >= 0)).toBe(true)
  })

  it('a load fails when the node ends the connection', async () => {
    const server = createTcpServer((socket) => socket.end())
    servers.push(server)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    const connection = new LoadConnection(
      port,
      '/echo',
      1,
      () => getFrame('k'),
      () => {},
    )
    await expect(connection.run()).rejects.toThrow('closed the connection')
  })
})
