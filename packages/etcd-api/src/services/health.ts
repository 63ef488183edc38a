import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponseSchema,
} from '../gen/grpc/health/v1/health_pb.js'
import type { Method } from '../grpc/call.js'
import { codes } from '../grpc/status.js'
import { frameOf, messageOf } from './messages.js'

/** `grpc.health.v1.Health`, of the server as a whole, as in etcd: it tells whether requests are taken, not whether there is a leader. */
export function healthService(isStopping: () => boolean): Readonly<Record<string, Method>> {
  return {
    Check(call, message) {
      const request = messageOf(HealthCheckRequestSchema, call, message)
      if (request === undefined) return
      if (request.service !== '') return call.fail({ code: codes.notFound, message: 'unknown service' })
      const status = isStopping() ? ServingStatus.NOT_SERVING : ServingStatus.SERVING
      call.reply(frameOf(HealthCheckResponseSchema, { status }))
    },
  }
}
