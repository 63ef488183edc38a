/** CRC-32C, the checksum of iSCSI and of etcd's own hashes. G. Castagnoli, S. Brauer and M. Herrmann, 1993. */
export class Checksum {
  #rest = 0xffff_ffff

  get value(): number {
    return ~this.#rest >>> 0
  }

  add(bytes: Uint8Array): void {
    let rest = this.#rest
    for (let index = 0; index < bytes.length; index++) {
      rest = (table[(rest ^ (bytes[index] as number)) & 0xff] as number) ^ (rest >>> 8)
    }
    this.#rest = rest
  }
}

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f6_3b78 : rest >>> 1
  return rest
})
