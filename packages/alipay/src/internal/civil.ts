/** The proleptic Gregorian calendar, without `Date`: years 0000 to 9999, at UTC. */

const second = 1_000
const day = 86_400 * second

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

/** `"yyyy-MM-dd"`, the separator, `"HH:mm:ss"`; the fraction of a second is dropped. */
export const print = (epochMillis: number, separator: string): string => {
  const days = Math.floor(epochMillis / day)
  const seconds = Math.floor((epochMillis - days * day) / second)
  const time = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return printDays(days) + separator + time
}

const form = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/

/** Reads what `print` writes, with `" "` or `"T"` between. Undefined for dates that no calendar has. */
export const read = (text: string): number | undefined => {
  const match = form.exec(text)
  if (match === null) return undefined
  const part = (index: number) => Number(match[index])
  const seconds = part(4) * 3_600 + part(5) * 60 + part(6)
  const millis = daysOf(part(1), part(2), part(3)) * day + seconds * second
  return print(millis, text.charAt(10)) === text ? millis : undefined
}

// Days since 1970-01-01, counted in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
const daysOf = (year: number, month: number, date: number): number => {
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + date - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const printDays = (days: number): string => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  const date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(date)}`
}
