/* XML, pulled event by event from memory through libxml2's reader. A document type is refused
 * outright, so that there are no entities but the five of XML itself: nothing expands, nothing is
 * fetched. */
#include "office/internal.h"

#include <libxml/xmlreader.h>

enum { DEPTH = 200 };

struct OfficeXml {
    xmlTextReaderPtr reader;
    gboolean pending_finish; /* an empty element began: its end is told next */
    const char *reason;
};

static void say_nothing(void *data, xmlErrorPtr error) {}

OfficeXml *office_xml_open(Bytes text) {
    OfficeXml *xml = g_new0(OfficeXml, 1);
    if (text.n > 0 && text.n <= G_MAXINT)
        xml->reader = xmlReaderForMemory((const char *)text.p, (int)text.n, NULL, NULL,
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                             XML_PARSE_COMPACT);
    if (xml->reader != NULL)
        xmlTextReaderSetStructuredErrorHandler(xml->reader, say_nothing, NULL);
    return xml;
}

void office_xml_close(OfficeXml *xml) {
    if (xml == NULL)
        return;
    if (xml->reader != NULL)
        xmlFreeTextReader(xml->reader);
    g_free(xml);
}

static OfficeXmlEvent broken(OfficeXml *xml, const char *reason) {
    xml->reason = reason;
    return OFFICE_XML_BROKEN;
}

OfficeXmlEvent office_xml_next(OfficeXml *xml) {
    if (xml->reader == NULL)
        return broken(xml, "không phải XML; not XML");
    if (xml->pending_finish) {
        xml->pending_finish = FALSE;
        return OFFICE_XML_FINISH;
    }
    int result;
    while ((result = xmlTextReaderRead(xml->reader)) == 1) {
        if (xmlTextReaderDepth(xml->reader) > DEPTH)
            return broken(xml, "XML lồng nhau quá sâu; XML is nested too deep");
        switch (xmlTextReaderNodeType(xml->reader)) {
        case XML_READER_TYPE_ELEMENT:
            xml->pending_finish = xmlTextReaderIsEmptyElement(xml->reader) == 1;
            return OFFICE_XML_BEGIN;
        case XML_READER_TYPE_END_ELEMENT:
            return OFFICE_XML_FINISH;
        case XML_READER_TYPE_TEXT:
        case XML_READER_TYPE_CDATA:
        case XML_READER_TYPE_WHITESPACE:
        case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
            return OFFICE_XML_TEXT;
        case XML_READER_TYPE_DOCUMENT_TYPE:
        case XML_READER_TYPE_ENTITY_REFERENCE:
            return broken(xml, "XML có DTD hay thực thể, không được nhận; XML with a DTD or "
                               "entities is not taken");
        default:
            break; /* comments, processing instructions */
        }
    }
    return result == 0 ? OFFICE_XML_END : broken(xml, "XML bị hỏng; the XML is not well-formed");
}

gboolean office_xml_skip(OfficeXml *xml) {
    for (guint depth = 1; depth > 0;) {
        OfficeXmlEvent event = office_xml_next(xml);
        if (event == OFFICE_XML_BEGIN)
            depth++;
        else if (event == OFFICE_XML_FINISH)
            depth--;
        else if (event != OFFICE_XML_TEXT)
            return FALSE;
    }
    return TRUE;
}

const char *office_xml_name(const OfficeXml *xml) {
    const xmlChar *name = xmlTextReaderConstLocalName(xml->reader);
    return name == NULL ? "" : (const char *)name;
}

gboolean office_xml_is(const OfficeXml *xml, const char *name) {
    return g_str_equal(office_xml_name(xml), name);
}

const char *office_xml_text(const OfficeXml *xml) {
    const xmlChar *text = xmlTextReaderConstValue(xml->reader);
    return text == NULL ? "" : (const char *)text;
}

char *office_xml_attribute(OfficeXml *xml, const char *name) {
    char *value = NULL;
    for (int more = xmlTextReaderMoveToFirstAttribute(xml->reader); more == 1;
         more = xmlTextReaderMoveToNextAttribute(xml->reader))
        if (g_str_equal((const char *)xmlTextReaderConstLocalName(xml->reader), name)) {
            value = g_strdup((const char *)xmlTextReaderConstValue(xml->reader));
            break;
        }
    xmlTextReaderMoveToElement(xml->reader);
    return value;
}

const char *office_xml_reason(const OfficeXml *xml) {
    return xml->reason;
}
