/** The texts that only files need; they come with the code for files. */
const en = {
  removeFile: "Remove {name}",
  uploading: "Uploading {name}",
  uploadFailed: "Could not be uploaded",
  tooMuch: "That was a lot at once. Try again later.",
  tooLarge: "The file is too large",
  typeRefused: "This type of file is not accepted",
  fileFailed: "The file could not be opened. Try again.",
  download: "Download {name}, {size}",
  picture: "Picture: {name}",
  sentFile: "Attached: {name}",
  tooMany: "At most {count} files in a message",
} as const;

export type FileTexts = Readonly<Record<keyof typeof en, string>>;

const es: FileTexts = {
  removeFile: "Quitar {name}",
  uploading: "Subiendo {name}",
  uploadFailed: "No se pudo subir",
  tooMuch: "Eso ha sido mucho de una vez. Inténtalo más tarde.",
  tooLarge: "El archivo es demasiado grande",
  typeRefused: "No se acepta este tipo de archivo",
  fileFailed: "No se pudo abrir el archivo. Inténtalo de nuevo.",
  download: "Descargar {name}, {size}",
  picture: "Imagen: {name}",
  sentFile: "Adjunto: {name}",
  tooMany: "Como máximo {count} archivos por mensaje",
};

export const fileTexts: Readonly<Record<"en" | "es", FileTexts>> = { en, es };
