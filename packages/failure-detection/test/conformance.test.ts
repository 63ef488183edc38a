import { failureDetectorConformance } from '@quorate/conformance'
import { describe, it } from 'vitest'
import { phiAccrual, timeout } from '../src/index.js'

failureDetectorConformance(timeout, { describe, it })
failureDetectorConformance(phiAccrual, { describe, it })
