"""Files of recipients: CSV and XLSX become contacts and refused rows, streaming, with bounded memory."""
