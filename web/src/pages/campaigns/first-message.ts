// What a new message begins with: something to write over that shows how fields are named.
export const FIRST_MESSAGE = {
  subject: "Hello {{ contact.first_name | default('there', true) }}",
  html: `<!doctype html>
<html lang="en">
<body style="margin:0;background:#f4f5f6">
  <div style="max-width:600px;margin:0 auto;padding:24px;background:#ffffff;font:16px/1.5 Arial,sans-serif;color:#222222">
    <h1 style="font-size:22px">What is new</h1>
    <p>Hello {{ contact.first_name | default('there', true) }},</p>
    <p>write here what you want to say.</p>
  </div>
</body>
</html>
`,
};
