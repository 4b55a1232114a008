// To which country numbers without a country code belong.
import { TextInput } from "@mantine/core";

const NAMES = new Intl.DisplayNames("en", { type: "region", fallback: "none" });

interface DefaultCountryProps {
  value: string;
  onChange: (country: string) => void;
  readOnly: boolean;
}

export function DefaultCountry({ value, onChange, readOnly }: DefaultCountryProps) {
  const name = /^[A-Z]{2}$/.test(value) ? NAMES.of(value) : undefined;
  return (
    <TextInput label="Country of numbers without a country code" placeholder="CH" maxLength={2} maw={360} mt="md" value={value} disabled={readOnly}
      description={name ? `Numbers such as 044 668 18 00 belong to ${name}.` : "Two letters. Left empty, people with such numbers are left out."}
      onChange={(event) => onChange(event.currentTarget.value.toUpperCase())} />
  );
}
