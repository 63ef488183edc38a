import { isMalformed, type Codec, type ForgeContext, type Random } from '@quorate/core'
import type { ForgeBytes } from '../simulation-options.js'

/** What speaks on a channel. */
interface Speaker {
  readonly codec: Codec<unknown>
  forge?(message: unknown, random: Random, context: ForgeContext): unknown
}

/** Lies as the algorithms on each channel tell them; a channel whose algorithm says nothing of lies carries the truth. */
export function forgeries(speakers: Readonly<Record<string, Speaker>>): ForgeBytes | undefined {
  const byChannel = new Map(Object.entries(speakers))
  if ([...byChannel.values()].every((speaker) => speaker.forge === undefined)) return undefined
  return (channel, payload, random, context) => {
    const speaker = byChannel.get(channel)
    if (speaker?.forge === undefined) return payload
    const message = speaker.codec.decode(payload)
    return isMalformed(message) ? payload : speaker.codec.encode(speaker.forge(message, random, context))
  }
}
