/** Settings as they were given, each with the name under which its giver knows it. */
import type { NodeLogger } from '../node-handle.js'
import { isEtcdOnly, notImplemented } from './etcd-only.js'
import { nearest } from '../nearest.js'
import { configFile, isSettingName, settingNames, variableOf, type SettingName } from './settings.js'

export interface Given {
  readonly value: unknown
  /** `--name`, `ETCD_NAME` or `name in quorate.yaml`: what to correct if the value is wrong. */
  readonly label: string
}

export type GivenSettings = ReadonlyMap<SettingName, Given>

/** A warning and its data, for a log that is not open yet. */
export type Warning = readonly [...Parameters<NodeLogger['warn']>]

/** What the environment says. */
export interface FromEnvironment {
  readonly settings: GivenSettings
  readonly configFile: string | undefined
  /** Variables with one of our prefixes that say nothing to us: a typing error, or another program's. */
  readonly warnings: readonly Warning[]
}

/**
 * Reads the variables of `environment` that set something. One that is empty is not set.
 * Throws `QUORATE_NOT_IMPLEMENTED` for those that set what only etcd has.
 */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): FromEnvironment {
  const given = new Map<SettingName, Given>()
  for (const name of settingNames) {
    const variable = variableOf(name)
    const value = environment[variable]
    if (value) given.set(name, { value, label: variable })
  }
  const known = new Set([...settingNames, configFile].map((name) => variableOf(name as SettingName)))
  const others = Object.keys(environment).filter(
    (key) => /^(ETCD|QUORATE)_/.test(key) && !known.has(key) && environment[key],
  )
  const etcdOnly = others.filter((key) => key.startsWith('ETCD_') && isEtcdOnly(settingOf(key)))
  if (etcdOnly.length > 0) throw notImplemented(etcdOnly)
  return {
    settings: given,
    configFile: environment[variableOf(configFile)] || undefined,
    warnings: others.map((variable) => ignored(variable)),
  }
}

const settingOf = (variable: string): string =>
  variable
    .replace(/^[A-Z]+_/, '')
    .replaceAll('_', '-')
    .toLowerCase()

function ignored(variable: string): Warning {
  const near = nearest(settingOf(variable), [...settingNames, configFile])
  const meant = near === undefined ? undefined : variableOf(near as SettingName)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return [{ variable, ...(meant !== undefined && { nearest: meant }) }, `the variable ${variable} sets nothing${hint}`]
}

/** What was given on a command line, by the names of flags. A switch without a value is `true`. */
export type Flags = Readonly<Record<string, string | boolean>>

export function fromFlags(flags: Flags): GivenSettings {
  const names = Object.keys(flags).filter(isSettingName)
  return new Map(names.map((name) => [name, { value: flags[name], label: `--${name}` }]))
}
