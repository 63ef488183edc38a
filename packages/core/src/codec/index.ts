export { Malformed, isMalformed, type Codec, type MessageOf } from './codec.js'
export { jsonCodec } from './json-codec.js'
export { messageCodec, type FieldType, type Fields, type MessageSchema, type SchemaMessage } from './message-codec.js'
