/**
 * A process that passes for a peer, to be killed: it answers every hello with one welcome and greets whom it is told to. The
 * frames come as base64 from the test, since a process of its own cannot load the sources.
 */
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'

const { path, welcome, hello, dial, port } = JSON.parse(process.argv[2])
const asIs = (bytes) => bytes
const method = {
  path,
  requestStream: true,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
}
const server = new Server()
server.addService(
  { connect: method },
  { connect: (call) => call.once('data', () => call.write(Buffer.from(welcome, 'base64'))).on('error', () => {}) },
)
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
  if (error !== null) throw error
  const call = new Client(dial, credentials.createInsecure()).makeBidiStreamRequest(path, asIs, asIs)
  call.on('data', () => {}).on('error', () => {})
  call.write(Buffer.from(hello, 'base64'))
  process.send(bound)
})
