import { isMalformed, Malformed, messageCodec, type Codec, type MessageOf } from '@quorate/core'

const fields = messageCodec({ heartbeat: { sequence: 'uint', sentAtMs: 'number', lateMs: 'number' } })

/**
 * What a node says of itself, once every interval, to every peer.
 *
 * - `sequence`: the number of the moment on the sender's schedule, from 1; moments that it slept through leave a gap.
 * - `sentAtMs`: when it was sent, by the sender's monotonic clock: only differences mean anything to others.
 * - `lateMs`: how long after its moment it was sent. A sender that stood still says so, and is not taken for a slow link.
 */
export type Heartbeat = MessageOf<typeof fields>

/** Heartbeats as bytes, in protobuf's wire format. Times that are none are refused here, so that no estimate meets a NaN. */
export const heartbeatCodec: Codec<Heartbeat> = {
  encode: (heartbeat) => fields.encode(heartbeat),
  decode(bytes) {
    const heartbeat = fields.decode(bytes)
    if (isMalformed(heartbeat)) return heartbeat
    if (!Number.isFinite(heartbeat.sentAtMs)) return new Malformed(`heartbeat.sentAtMs is ${heartbeat.sentAtMs}`)
    const { lateMs } = heartbeat
    return lateMs >= 0 && lateMs < Infinity ? heartbeat : new Malformed(`heartbeat.lateMs is ${lateMs}`)
  },
}
