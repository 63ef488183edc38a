import { diskConformance } from '@quorate/conformance'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { NodeDisk } from '../src/index.js'

const root = mkdtempSync(join(tmpdir(), 'quorate-conformance-'))
afterAll(() => rmSync(root, { recursive: true }))

diskConformance(
  {
    name: 'node-disk',
    create: () => new NodeDisk(mkdtempSync(join(root, 'disk-'))),
    reopen: ({ folder }) => new NodeDisk(folder),
  },
  {
    describe,
    it,
    drive: async (conditions) => {
      for (const holds of conditions) while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
    },
  },
)
