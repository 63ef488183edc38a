import { isMalformed, Malformed, messageCodec, type Codec, type MessageOf, type Random } from '@quorate/core'

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

/** How a Byzantine node lies: its heartbeats come from another moment than it says, or from one that is yet to come, or late, as it says. */
export function forge(heartbeat: Heartbeat, random: Random): Heartbeat {
  const offMs = 1_000 * (2 * random.fraction() - 1)
  switch (random.pick(['sequence', 'sentAtMs', 'lateMs'] as const)) {
    case 'sequence':
      return { ...heartbeat, sequence: heartbeat.sequence + random.integer(1, 1_000) }
    case 'sentAtMs':
      return { ...heartbeat, sentAtMs: heartbeat.sentAtMs + offMs }
    case 'lateMs':
      return { ...heartbeat, lateMs: heartbeat.lateMs + Math.abs(offMs) }
  }
}
