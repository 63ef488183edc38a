import { SimulatedStores } from '@quorate/simulation'
import { describe, it } from 'vitest'
import { storeConformance } from '../src/index.js'

storeConformance({ name: 'simulated-stores', storage: (_, submitted) => new SimulatedStores(submitted) }, { describe, it })
