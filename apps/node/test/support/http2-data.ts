/** One DATA frame of HTTP/2 on a connection. */
export interface DataFrame<Source> {
  readonly streamId: number
  readonly payload: Buffer
  /** What has written its first byte. */
  readonly source: Source
}

const headerBytes = 9
const dataType = 0

/**
 * The DATA frames in what one side has written to a connection, piece by piece.
 *
 * RFC 9113, 4.1 and 6.1. Frames with padding are refused: no server of ours makes any.
 */
export function dataFrames<Source>(
  pieces: readonly { readonly bytes: Buffer; readonly source: Source }[],
): DataFrame<Source>[] {
  const all = Buffer.concat(pieces.map(({ bytes }) => bytes))
  const frames: DataFrame<Source>[] = []
  let piece = 0
  let behindPiece = pieces[0]?.bytes.length ?? 0
  for (let at = 0; at + headerBytes <= all.length;) {
    const length = all.readUIntBE(at, 3)
    while (at >= behindPiece) behindPiece += pieces[++piece]?.bytes.length ?? Infinity
    if (all[at + 3] === dataType) {
      if (((all[at + 4] as number) & 0x08) !== 0) throw new Error('a DATA frame with padding')
      frames.push({
        streamId: all.readUInt32BE(at + 5) & 0x7fff_ffff,
        payload: all.subarray(at + headerBytes, at + headerBytes + length),
        source: (pieces[piece] as { source: Source }).source,
      })
    }
    at += headerBytes + length
  }
  return frames
}
