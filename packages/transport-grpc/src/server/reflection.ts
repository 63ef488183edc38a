import { toBinary, type DescFile } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { Server } from '@grpc/grpc-js'
import { ReflectionService } from '@grpc/reflection'
import { service as healthService } from 'grpc-health-check'
import { asBuffer } from '../service-definition.js'

/** Adds the reflection service, so that grpcurl and its like can list and call what `files` define, and health. */
export function addReflection(server: Server, files: Iterable<DescFile>): void {
  const descriptors = [...withDependencies(files)].map((file) =>
    asBuffer(toBinary(FileDescriptorProtoSchema, file.proto)),
  )
  new ReflectionService({
    // What it reads of a definition is the descriptors of its file.
    ours: { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos: descriptors },
    health: healthService,
    ...healthTypes(),
  }).addToServer(server)
}

function withDependencies(files: Iterable<DescFile>): Set<DescFile> {
  const all = new Set<DescFile>()
  const visit = (file: DescFile): void => {
    if (all.has(file)) return
    all.add(file)
    file.dependencies.forEach(visit)
  }
  for (const file of files) visit(file)
  return all
}

function healthTypes(): Record<string, (typeof healthService)[string]['requestType']> {
  return Object.fromEntries(
    Object.entries(healthService).map(([name, method]) => [`health.${name}`, method.requestType]),
  )
}
