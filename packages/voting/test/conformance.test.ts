import { agreementConformance } from '@quorate/conformance'
import { describe, it } from 'vitest'
import { floodMin } from '../src/flood-min.js'
import { threshold } from '../src/threshold.js'

agreementConformance(threshold, { describe, it })
agreementConformance(floodMin, { describe, it })
