import { create, createFileRegistry, fromBinary, type DescService, type MessageShape } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  StringValueSchema,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { Client, credentials, status } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { GrpcServer, grpcServiceDefinition, startGrpcTransport } from '../src/index.js'
import { makeNode, stopAll, until } from './helpers.js'

const clients = new Set<Client>()
const servers = new Set<GrpcServer>()

afterEach(async () => {
  for (const client of clients) client.close()
  for (const server of servers) server.stop()
  clients.clear()
  servers.clear()
  await stopAll()
})

type Text = MessageShape<typeof StringValueSchema>

/** A service as generated code would describe it: `rpc Shout(StringValue) returns (StringValue)`, and a streaming one. */
const shouter: DescService = (() => {
  const text = '.google.protobuf.StringValue'
  const file = create(FileDescriptorProtoSchema, {
    name: 'shouter.proto',
    package: 'test',
    syntax: 'proto3',
    dependency: ['google/protobuf/wrappers.proto'],
    service: [
      {
        name: 'Shouter',
        method: [
          { name: 'Shout', inputType: text, outputType: text },
          { name: 'ShoutAll', inputType: text, outputType: text, clientStreaming: true, serverStreaming: true },
        ],
      },
    ],
  })
  const registry = createFileRegistry(
    create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, file] }),
  )
  const service = registry.getService('test.Shouter')
  if (service === undefined) throw new Error('no service')
  return service
})()

const shout = (text: Text): Text => create(StringValueSchema, { value: text.value.toUpperCase() })
const implementation = {
  shout: (call: { request: Text }, done: (error: null, text: Text) => void) => done(null, shout(call.request)),
  shoutAll: (call: NodeJS.ReadWriteStream) => {
    call.on('data', (text: unknown) => void call.write(shout(text as Text) as never))
    call.on('end', () => call.end())
  },
}
const definition = grpcServiceDefinition(shouter)

function clientOf(url: string): Client {
  const client = new Client(url.replace('http://', ''), credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  })
  clients.add(client)
  return client
}

interface Method<Request, Response> {
  readonly path: string
  readonly requestSerialize: (request: Request) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

function call<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  const { path, requestSerialize, responseDeserialize } = method
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) => {
      if (error !== null) reject(error)
      else resolve(response as Response)
    })
  })
}

async function health(client: Client, service: string): Promise<unknown> {
  const check = healthService['Check'] as unknown as Method<{ service: string }, { status: string }>
  return (await call(client, check, { service })).status
}

async function startServer(): Promise<GrpcServer> {
  const server = new GrpcServer({ listenUrls: ['http://127.0.0.1:0'] })
  servers.add(server)
  server.addDefinition(shouter, definition, implementation as never)
  await server.start()
  return server
}

describe('a service of the application', () => {
  it('is served beside that of the peers, messages as protobuf-es has them', async () => {
    const a = makeNode('a')
    a.transport.addService(shouter, implementation as never)
    await a.transport.start()
    const client = clientOf(a.url())
    const request = create(StringValueSchema, { value: 'hello' })
    expect(await call(client, definition['shout'] as Method<Text, Text>, request)).toMatchObject({ value: 'HELLO' })
    const { path, requestSerialize, responseDeserialize } = definition['shoutAll'] as Method<Text, Text>
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
    const heard: string[] = []
    stream.on('data', (text: Text) => heard.push(text.value))
    for (const value of ['a', 'b']) stream.write(create(StringValueSchema, { value }))
    stream.end()
    await until(() => heard.length === 2)
    expect(heard).toEqual(['A', 'B'])
  })

  it('is refused twice, and after the start', async () => {
    const server = await startServer()
    const invalid = expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' })
    expect(() => server.addDefinition(shouter, definition, {})).toThrow(invalid)
    const another = new GrpcServer({ listenUrls: ['http://127.0.0.1:0'] })
    another.addDefinition(shouter, definition, {})
    expect(() => another.addDefinition(shouter, definition, {})).toThrow(/added yet/)
  })
})

describe('the health service', () => {
  it('reports the whole server and each service, and what it is told', async () => {
    const a = makeNode('a')
    await a.transport.start()
    const client = clientOf(a.url())
    expect(await health(client, '')).toBe('SERVING')
    expect(await health(client, 'quorate.transport.v1.PeerService')).toBe('SERVING')
    a.transport.setHealth(false)
    expect(await health(client, '')).toBe('NOT_SERVING')
    expect(await health(client, 'quorate.transport.v1.PeerService')).toBe('SERVING')
    await expect(health(client, 'nobody')).rejects.toMatchObject({ code: status.NOT_FOUND })
  })

  it('tells who watches that the server is about to stop', async () => {
    const server = await startServer()
    const watch = healthService['Watch'] as unknown as Method<{ service: string }, { status: string }>
    const seen: string[] = []
    const stream = clientOf(server.urls[0] as string).makeServerStreamRequest(
      watch.path,
      watch.requestSerialize,
      watch.responseDeserialize,
      { service: '' },
    )
    stream.on('data', (each: { status: string }) => seen.push(each.status)).on('error', () => {})
    await until(() => seen.length === 1)
    server.close()
    await until(() => seen.length === 2)
    expect(seen).toEqual(['SERVING', 'NOT_SERVING'])
  })
})

describe('the reflection service', () => {
  it.each(['v1', 'v1alpha'])('lists the services and describes each with all that it needs (%s)', async (version) => {
    const a = makeNode('a', { services: [{ service: shouter, implementation: implementation as never }] })
    await a.transport.start()
    const client = clientOf(a.url())
    const services = (await reflect(client, version, (request) => request.tag(7, 2).string('*'))).services
    expect(services).toEqual(
      expect.arrayContaining(['quorate.transport.v1.PeerService', 'grpc.health.v1.Health', 'test.Shouter']),
    )
    const ofShouter = await reflect(client, version, (request) => request.tag(4, 2).string('test.Shouter'))
    expect(ofShouter.files.toSorted()).toEqual(['google/protobuf/wrappers.proto', 'shouter.proto'])
    const ofPeers = await reflect(client, version, (request) => request.tag(4, 2).string('quorate.transport.v1.Hello'))
    expect(ofPeers.files).toEqual(['quorate/transport/v1/peer.proto'])
    expect((await reflect(client, version, (request) => request.tag(4, 2).string('no.Such'))).error).toMatch(
      /not found/i,
    )
  })
})

describe('a port', () => {
  it('that is taken is named with its URL, and what was taken beside it is freed', async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const { port } = blocker.address() as { port: number }
    const free = await freePort()
    const url = `http://127.0.0.1:${port}`
    const a = makeNode('a', { listenUrls: [`http://127.0.0.1:${free}`, url] })
    await expect(a.transport.start()).rejects.toMatchObject({
      code: 'QUORATE_PORT_TAKEN',
      message: `cannot listen at ${url}: its port is taken; stop the process that listens there, or listen elsewhere`,
      data: { url },
    })
    await new Promise((resolve) => blocker.close(resolve))
    const b = makeNode('b', { listenUrls: [`http://127.0.0.1:${free}`, url] })
    await b.transport.start()
    expect(b.transport.urls).toEqual([`http://127.0.0.1:${free}`, url])
  })

  it('that is taken is told by startGrpcTransport as well', async () => {
    const a = makeNode('a')
    await a.transport.start()
    const options = {
      clusterId: 'test',
      self: { id: 'b', incarnation: 1 },
      peers: new Map(),
      onMessage: () => {},
      onPeer: () => {},
    }
    await expect(startGrpcTransport({ ...options, listenUrls: [a.url()] })).rejects.toMatchObject({
      code: 'QUORATE_PORT_TAKEN',
    })
    const started = await startGrpcTransport({ ...options, listenUrls: ['http://127.0.0.1:0'] })
    expect(started.urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await started.stop({ timeoutMs: 10 })
  })

  it('at an address that is not of this machine is refused, naming both', async () => {
    const a = makeNode('a', { listenUrls: ['http://192.0.2.1:2380'] })
    await expect(a.transport.start()).rejects.toMatchObject({
      code: 'QUORATE_CANNOT_LISTEN',
      message: expect.stringMatching(/http:\/\/192\.0\.2\.1:2380.*EADDRNOTAVAIL/),
    })
  })

  it('takes no more connections than it may, and says so', async () => {
    const a = makeNode('a', { bounds: { maxConnections: 1 } })
    await a.transport.start()
    const first = clientOf(a.url())
    expect(await health(first, '')).toBe('SERVING')
    await expect(health(clientOf(a.url()), '')).rejects.toMatchObject({ code: status.UNAVAILABLE })
    expect(await health(first, '')).toBe('SERVING')
    expect(a.reports[0]).toMatchObject({ type: 'refused-connection', code: 'QUORATE_TOO_MANY_CONNECTIONS' })
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** One question to the reflection service, read by hand: its protocol is not generated here. */
async function reflect(
  client: Client,
  version: string,
  ask: (request: BinaryWriter) => BinaryWriter,
): Promise<{ services: string[]; files: string[]; error: string }> {
  const asIs = (bytes: Buffer): Buffer => bytes
  const stream = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    asIs,
    asIs,
  )
  const answered = new Promise<Buffer>((resolve, reject) => stream.once('data', resolve).once('error', reject))
  stream.write(Buffer.from(ask(new BinaryWriter()).finish()))
  const answer = await answered
  stream.end()
  const strings = (bytes: Uint8Array, field: number): Uint8Array[] => {
    const reader = new BinaryReader(bytes)
    const found: Uint8Array[] = []
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag()
      if (number === field && type === 2) found.push(reader.bytes())
      else reader.skip(type, number)
    }
    return found
  }
  const inner = (field: number): Uint8Array[] => strings(answer, field)
  const files = inner(4).flatMap((bytes) => strings(bytes, 1))
  return {
    services: inner(6)
      .flatMap((bytes) => strings(bytes, 1))
      .flatMap((bytes) => strings(bytes, 1))
      .map((bytes) => Buffer.from(bytes).toString()),
    files: files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name),
    error: inner(7)
      .flatMap((bytes) => strings(bytes, 2))
      .map((bytes) => Buffer.from(bytes).toString())
      .join(),
  }
}
